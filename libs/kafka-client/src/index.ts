export { brokerSocket } from './broker-socket.ts';
export { correctIdleTimer, correctKafkajs } from './kafkajs-corrections.ts';
export { createTopics } from './create-topics.ts';
export { REFUSED } from './decode-fetch.ts';
