import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { DataSource } from 'typeorm';

import { UnitOfWork } from '#persistence';
import { CLOCK, IDS, type Clock, type IdSource } from '#platform';

import { AccessGuard } from './access.guard.ts';
import { CreateToken } from './create-token.ts';
import { AnswerOnce } from './idempotency/answer-once.ts';
import { PermissionCheck } from './permission-check.ts';
import { TokenStore } from './token-store.ts';
import { TokensController } from './tokens.controller.ts';

export interface AccessOptions {
  /** SHA-256 of the text of the operator's first token, hexadecimal; admitted with every scope if it is not known. */
  readonly adminTokenSha256?: string;
  /** The node's database, with `ACCESS_MIGRATIONS`. */
  readonly dataSource: DataSource;
}

/**
 * Closes every route of the application but the public ones, checks that none was forgotten, serves `/v1/tokens`, and
 * keeps the answers that {@link AnswerOnce} gives again.
 */
@Global()
@Module({})
export class AccessModule {
  static forRoot({ adminTokenSha256, dataSource }: AccessOptions): DynamicModule {
    const providers: Provider[] = [
      {
        provide: TokenStore,
        inject: [CLOCK, IDS],
        useFactory: async (clock: Clock, ids: IdSource) => {
          const store = new TokenStore(dataSource, clock, ids);
          if (adminTokenSha256 !== undefined) await store.admitAdmin(adminTokenSha256);
          return store;
        },
      },
      {
        provide: AnswerOnce,
        inject: [CLOCK],
        useFactory: (clock: Clock) => new AnswerOnce(new UnitOfWork(dataSource), clock),
      },
      {
        provide: CreateToken,
        inject: [TokenStore, AnswerOnce, IDS],
        useFactory: (store: TokenStore, answers: AnswerOnce, ids: IdSource) =>
          new CreateToken(store, answers, ids),
      },
      PermissionCheck,
      { provide: APP_GUARD, useClass: AccessGuard },
    ];
    return {
      module: AccessModule,
      controllers: [TokensController],
      providers,
      exports: [TokenStore, CreateToken, AnswerOnce],
    };
  }
}
