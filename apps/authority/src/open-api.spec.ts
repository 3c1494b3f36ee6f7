import { join } from 'node:path';
import { Module, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { AccessModule } from '#access';
import type { AccessLog } from '#access-log';
import { parseIpaCode } from '#contracts';
import type { DocumentStore } from '#documents';
import type { BatchChecks, Signer } from '#evidence';
import type { UnitOfWork } from '#persistence';
import {
  createLogger,
  createMetrics,
  openApiDocument,
  PlatformModule,
  systemClock,
  systemIds,
} from '#platform';
import type { StreamsParts } from '#streams';
import { AuthorityModule } from './authority.module.ts';
import type { LostDocuments } from './documents/lost-documents.ts';
import type { DocumentFetching } from './documents/document-fetching.ts';
import type { FeedBell } from './feed/feed-bell.ts';
import type { NodeRegistry } from './node-parts.ts';
import type { OutboxBound } from './practices/outbox-bound.ts';
import type { Reconciling } from './reconciliation/reconciling.ts';
import { DEFAULT_PROTOCOL } from './protocol/protocol-settings.ts';
import { OPEN_API } from './open-api.ts';
import type { Witness } from './witness/witness.ts';
import type { WebhookParts } from './webhooks/webhook-parts.ts';

const FILE = join(import.meta.dirname, '../../../contracts/openapi/partner-api.json');

@Module({})
class Root {}

/** Stands for what the routes' descriptions do not need: a database, a store, a registry. */
const nothing: object = new Proxy({}, { get: () => undefined });

type NestOptions = Pick<NestApplicationOptions, 'logger' | 'abortOnError'>;

/** The application's routes, without anything behind them. */
async function describedApi(): Promise<string> {
  const logger = createLogger('open-api', { level: 'silent' });
  const platform = { logger, metrics: createMetrics('open-api'), clock: systemClock, ids: systemIds };
  const module = {
    module: Root,
    imports: [
      PlatformModule.forRoot(platform),
      AccessModule.forRoot({ dataSource: nothing as DataSource }),
      AuthorityModule.of({
        node: {
          ipa: parseIpaCode('c_d150'),
          work: nothing as UnitOfWork,
          registry: nothing as NodeRegistry,
          signer: nothing as Signer,
          verifier: nothing as BatchChecks,
          documents: nothing as DocumentStore,
          clock: systemClock,
          ids: systemIds,
          accesses: nothing as AccessLog,
          logger,
          protocol: DEFAULT_PROTOCOL,
        },
        limits: { fileBytes: 1 },
        auditor: null,
        fetching: nothing as DocumentFetching,
        bell: nothing as FeedBell,
        outbox: nothing as OutboxBound,
        webhooks: nothing as WebhookParts,
        reconciling: nothing as Reconciling,
        streams: nothing as StreamsParts,
        lost: nothing as LostDocuments,
        witness: nothing as Witness,
      }),
    ],
  };
  const options: NestOptions = { logger: false, abortOnError: false };
  const app = await NestFactory.create(module, options);
  return `${JSON.stringify(openApiDocument(app, OPEN_API), null, 2)}\n`;
}

const text = await describedApi();

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

function operationsOf(document: string): readonly { readonly name: string; readonly operation: Operation }[] {
  const { paths } = JSON.parse(document) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
}

describe('contracts/openapi/partner-api.json', () => {
  // After a change of the routes: npm run generate
  it('is what the routes give', async () => {
    await expect(text).toMatchFileSnapshot(FILE);
  });

  it('describes every operation: its name, who may call it, and how it refuses', () => {
    const operations = operationsOf(text);
    expect(operations.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'post /v1/practices',
        'get /v1/practices/{id}/events/{eventId}',
        'post /v1/practices/{id}/events',
        'get /v1/practices/{id}/proof',
        'get /v1/feed',
        'post /v1/webhooks',
        'post /v1/quarantine/{id}/release',
      ]),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const closed = operations.filter(({ name }) => name.includes(' /v1/'));
    expect(closed.filter(({ operation }) => (operation.security ?? []).length === 0)).toEqual([]);
    const refuses = (operation: Operation) =>
      Object.values(operation.responses).some(
        ({ content }) => content && 'application/problem+json' in content,
      );
    expect(closed.filter(({ operation }) => !refuses(operation))).toEqual([]);
  });

  it('lets every POST be repeated with an Idempotency-Key', () => {
    // The witness's protocol is another's, and says itself what a request means that comes twice.
    const foreign = 'post /witness/add-checkpoint';
    const posts = operationsOf(text).filter(({ name }) => name.startsWith('post ') && name !== foreign);
    expect(posts.length).toBeGreaterThan(3);
    const repeatable = ({ parameters = [] }: Operation): boolean =>
      parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'Idempotency-Key');
    expect(posts.filter(({ operation }) => !repeatable(operation)).map(({ name }) => name)).toEqual([]);
  });
});
