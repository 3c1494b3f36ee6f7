/** The auditor of baseline A: a leaf for each event, decision and receipt. It verifies nothing. */
import { createHash } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type pg from 'pg';
import { given, say } from '../children.ts';
import type { ObviousPlace } from './place.ts';
import { on, serve } from './service.ts';
import { AUDITOR_TABLES, openPool, transaction } from './tables.ts';

const place = given() as ObviousPlace;

@Controller()
class AuditorController {
  constructor(@Inject('SERVICE') private readonly pool: pg.Pool) {}

  events(@Payload() xml: string): Promise<void> {
    return this.#append(xml);
  }

  decisions(@Payload() xml: string): Promise<void> {
    return this.#append(xml);
  }

  receipts(@Payload() xml: string): Promise<void> {
    return this.#append(xml);
  }

  async #append(xml: string): Promise<void> {
    // RFC 6962, 2.1: the hash of a leaf begins with a zero byte.
    const hash = createHash('sha256').update(Buffer.of(0)).update(xml).digest('hex');
    await transaction(this.pool, (client) =>
      client.query('insert into leaf (hash, bytes) values ($1, $2) on conflict do nothing', [hash, xml]),
    );
  }
}

const pool = await openPool(place.database, AUDITOR_TABLES);
on(AuditorController, 'events', place.topics.outbox);
on(AuditorController, 'decisions', place.topics.routing);
on(AuditorController, 'receipts', place.topics.receipts);
await serve(place, AuditorController, pool, () => pool.end());
say({ kind: 'ready' });
