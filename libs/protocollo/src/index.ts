export { anomalyOf, ANOMALIES, type AnomalyCode } from './anomalies.ts';
export { answerMessage, type Answer } from './answers.ts';
export { bodyDocument, composeSegnatura, type SegnaturaParts } from './compose.ts';
export * from './model.ts';
export { readProtocolMessage, readSegnatura } from './read.ts';
export { registrationNumber, romeTime, type RomeTime } from './rome.ts';
export { subjectOf } from './subject.ts';
export { verifySegnatura, type JudgedMessage } from './verify.ts';
export { writeProtocolMessage, writeSegnatura } from './write.ts';
