export { correctKafkajs } from './kafkajs-corrections.ts';
export { createTopics } from './create-topics.ts';
