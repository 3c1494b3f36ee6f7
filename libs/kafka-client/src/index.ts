export { correctKafkajs } from './kafkajs-corrections.ts';
