export { freshDatabase, kafkaFor } from './broker.ts';
