/** The author of baseline A: files (signs, one transaction, one send), keeps positions and receipts. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload, type KafkaContext } from '@nestjs/microservices';
import type pg from 'pg';
import { given, say } from '../children.ts';
import { serveLoad } from '../load.ts';
import type { ObviousPlace } from './place.ts';
import { Emitter, on, serve, type Consumed } from './service.ts';
import { readSigned, sign, signerOf } from './signed-xml.ts';
import { AUTHOR_TABLES, openPool, transaction } from './tables.ts';
import { unsignedEvent } from './event-text.ts';

const place = given() as ObviousPlace;

interface Parts {
  readonly pool: pg.Pool;
}

@Controller()
class AuthorController {
  constructor(@Inject('SERVICE') private readonly parts: Parts) {}

  /** Its own event, with its position. */
  async placed(@Payload() xml: string, @Ctx() context: KafkaContext): Promise<void> {
    const { headers } = context.getMessage() as unknown as Consumed;
    const decision = headers['decision'] ?? '';
    const { root } = await readSigned(decision, place);
    const event = await readSigned(xml, place);
    await transaction(this.parts.pool, (client) =>
      client.query('update event set decision = $2, position = $3 where id = $1', [
        event.root.$['id'],
        decision,
        Number(root.$['position']),
      ]),
    );
  }

  async receipt(@Payload() xml: string): Promise<void> {
    const { root, holder } = await readSigned(xml, place);
    await transaction(this.parts.pool, (client) =>
      client.query('insert into receipt (event_id, by, xml) values ($1, $2, $3) on conflict do nothing', [
        root.$['event'],
        holder,
        xml,
      ]),
    );
  }
}

const pool = await openPool(place.database, AUTHOR_TABLES);
const emitter = new Emitter(place);
await emitter.connect();
const signer = signerOf(place);

async function file(): Promise<number> {
  const id = randomUUID();
  const practice = randomUUID();
  const at = new Date();
  const xml = await transaction(pool, async (client) => {
    const { rows } = await client.query<{ last: number }>(
      `insert into cui_counter (year, last) values ($1, 1)
       on conflict (year) do update set last = cui_counter.last + 1 returning last`,
      [at.getFullYear()],
    );
    const cui = `c_d150/${at.getFullYear()}/${String(rows[0]?.last ?? 1).padStart(6, '0')}`;
    const signed = sign(
      unsignedEvent({ id, practice, cui, at, random: () => randomBytes(32).toString('hex') }),
      signer,
    );
    await readSigned(signed, place);
    await client.query('insert into practice (uuid, cui, procedure, filed_at) values ($1, $2, $3, $4)', [
      practice,
      cui,
      'edilizia.scia',
      at,
    ]);
    await client.query('insert into event (id, practice, xml) values ($1, $2, $3)', [id, practice, signed]);
    return signed;
  });
  await emitter.emit(place.topics.outbox, practice, xml);
  return 1;
}

on(AuthorController, 'placed', place.inbox ?? '');
on(AuthorController, 'receipt', place.topics.receipts);
serveLoad(file);
await serve(place, AuthorController, { pool }, async () => {
  await emitter.close();
  await pool.end();
});
say({ kind: 'ready' });
