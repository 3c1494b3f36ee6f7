/** A Nest microservice on the stock Kafka transport, and the stock client that emits. */
import 'reflect-metadata';
import { Module, type NestApplicationOptions, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientKafka, EventPattern, Transport, type KafkaOptions } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { clientConfig } from '../broker-client.ts';
import { untilReleased } from '../children.ts';
import { groupOf, type ObviousPlace } from './place.ts';

type ServiceOptions = Pick<NestApplicationOptions, 'logger'> & KafkaOptions;

/** What the stock transport hands to a handler: text, whatever the bytes were. */
export interface Consumed {
  readonly headers: Readonly<Record<string, string>>;
}

export class Emitter {
  readonly #client: ClientKafka;

  constructor(place: ObviousPlace) {
    this.#client = new ClientKafka({
      client: { ...clientConfig(place.access), clientId: place.name },
      producerOnlyMode: true,
      producer: { allowAutoTopicCreation: false },
    });
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  /** One send, of one record. */
  async emit(
    topic: string,
    key: string,
    value: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await lastValueFrom(this.#client.emit(topic, { key, value, headers }));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Subscribes a method of a controller to a topic whose name is known only when the process starts. */
export function on(controller: Type, method: string, topic: string): void {
  const prototype = controller.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor === undefined) throw new Error(`no method ${method}`);
  EventPattern(topic)(prototype, method, descriptor);
}

/** Serves the controller until the bench lets the process go. */
export async function serve(
  place: ObviousPlace,
  controller: Type,
  instance: object,
  close: () => Promise<void>,
): Promise<void> {
  const options: ServiceOptions = {
    transport: Transport.KAFKA,
    logger: false,
    options: {
      client: { ...clientConfig(place.access), clientId: place.name },
      consumer: { groupId: groupOf(place), allowAutoTopicCreation: false },
      subscribe: { fromBeginning: true },
    },
  };
  const app = await NestFactory.createMicroservice(serviceModule(controller, instance), options);
  await app.listen();
  untilReleased(async () => {
    await app.close();
    await close();
  });
}

/** A module of one controller, made when the topics are known. */
function serviceModule(controller: Type, instance: object): Type {
  class ServiceModule {
    readonly serves = controller.name;
  }
  Module({ controllers: [controller], providers: [{ provide: 'SERVICE', useValue: instance }] })(
    ServiceModule,
  );
  return ServiceModule;
}
