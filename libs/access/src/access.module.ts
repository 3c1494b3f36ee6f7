import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { DataSource } from 'typeorm';

import { CLOCK, IDS, type Clock, type IdSource } from '#platform';

import { AccessGuard } from './access.guard.ts';
import { PermissionCheck } from './permission-check.ts';
import { TokenStore } from './token-store.ts';
import { TokensController } from './tokens.controller.ts';

export interface AccessOptions {
  /** SHA-256 of the text of the operator's first token, hexadecimal; admitted with every scope if it is not known. */
  readonly adminTokenSha256?: string;
  /** The node's database; unless given, the `DataSource` that a global module provides. */
  readonly dataSource?: DataSource;
}

/** Closes every route of the application but the public ones, checks that none was forgotten, serves `/v1/tokens`. */
@Global()
@Module({})
export class AccessModule {
  static forRoot({ adminTokenSha256, dataSource }: AccessOptions): DynamicModule {
    const open = async (database: DataSource, clock: Clock, ids: IdSource): Promise<TokenStore> => {
      const store = new TokenStore(database, clock, ids);
      if (adminTokenSha256 !== undefined) await store.admitAdmin(adminTokenSha256);
      return store;
    };
    const tokenStore =
      dataSource === undefined
        ? { provide: TokenStore, useFactory: open, inject: [DataSource, CLOCK, IDS] }
        : {
            provide: TokenStore,
            useFactory: (clock: Clock, ids: IdSource) => open(dataSource, clock, ids),
            inject: [CLOCK, IDS],
          };
    return {
      module: AccessModule,
      controllers: [TokensController],
      providers: [tokenStore, PermissionCheck, { provide: APP_GUARD, useClass: AccessGuard }],
      exports: [TokenStore],
    };
  }
}
