import { Module, type DynamicModule, type FactoryProvider, type Provider, type Type } from '@nestjs/common';
import { ListStreams } from './list-streams.ts';
import { RewindStore } from './rewind-store.ts';
import { RewindStream } from './rewind-stream.ts';
import { StreamsDeskController } from './streams.controller.ts';
import { STREAMS_PARTS, type StreamsParts } from './streams-parts.ts';

/** A node's streams over REST: how far each is, and reading one again from a point in time. */
@Module({})
export class StreamsModule {
  static of({
    inject = [],
    useFactory,
  }: Pick<FactoryProvider<StreamsParts>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: StreamsModule,
      controllers: [StreamsDeskController],
      providers: [
        { provide: STREAMS_PARTS, inject, useFactory },
        overParts(ListStreams, (parts) => new ListStreams(parts)),
        overParts(RewindStream, (parts) => new RewindStream(parts)),
        overParts(RewindStore, ({ work }) => new RewindStore(work)),
      ],
    };
  }
}

function overParts<T>(provide: Type<T>, make: (parts: StreamsParts) => T): Provider {
  return { provide, inject: [STREAMS_PARTS], useFactory: make };
}
