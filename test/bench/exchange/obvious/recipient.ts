/** A recipient of baseline A: verifies event and decision, stores, signs a receipt for each. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload, type KafkaContext } from '@nestjs/microservices';
import type pg from 'pg';
import { given, say } from '../children.ts';
import type { ObviousPlace } from './place.ts';
import { Emitter, on, serve, type Consumed } from './service.ts';
import { child, digestOf, readSigned, sign, signerOf, type XmlElement } from './signed-xml.ts';
import { openPool, RECIPIENT_TABLES, transaction } from './tables.ts';

const place = given() as ObviousPlace;
const signer = signerOf(place);

interface Parts {
  readonly pool: pg.Pool;
  readonly emitter: Emitter;
}

@Controller()
class RecipientController {
  constructor(@Inject('SERVICE') private readonly parts: Parts) {}

  async receive(@Payload() xml: string, @Ctx() context: KafkaContext): Promise<void> {
    const { headers } = context.getMessage() as unknown as Consumed;
    const decisionXml = headers['decision'] ?? '';
    const { root, holder } = await readSigned(xml, place);
    const decision = (await readSigned(decisionXml, place)).root;
    if (decision.$['digest'] !== digestOf(xml)) throw new Error('the decision is about another event');
    const practice = child(root, 'Practice').$;
    const id = root.$['id'] ?? '';
    const position = Number(decision.$['position']);
    const receipt = await transaction(this.parts.pool, async (client) => {
      await client.query('insert into seen (author, event_id, digest) values ($1, $2, $3)', [
        holder,
        id,
        digestOf(xml),
      ]);
      const before = await client.query('select position from practice where uuid = $1 for update', [
        practice['uuid'],
      ]);
      if (before.rows.length + 1 !== position) throw new Error('out of order');
      await client.query(
        `insert into practice (uuid, cui, position, state) values ($1, $2, $3, $4)
         on conflict (uuid) do update set position = excluded.position, state = excluded.state`,
        [practice['uuid'], practice['cui'], position, JSON.stringify({ state: 'filed', position })],
      );
      await client.query(
        'insert into event (id, practice, xml, decision, position) values ($1, $2, $3, $4, $5)',
        [id, practice['uuid'], xml, decisionXml, position],
      );
      for (const document of documentsOf(root)) {
        const { id: documentId, role, digest } = document.$;
        await client.query('insert into document (id, event_id, role, digest) values ($1, $2, $3, $4)', [
          documentId,
          id,
          role,
          digest,
        ]);
      }
      await client.query('insert into feed (event_id) values ($1)', [id]);
      const signed = sign(receiptText(id, digestOf(xml), position), signer);
      await client.query('insert into receipt (event_id, xml) values ($1, $2)', [id, signed]);
      return signed;
    });
    await this.parts.emitter.emit(place.topics.receipts, practice['uuid'] ?? '', receipt);
  }
}

function documentsOf(root: XmlElement): readonly XmlElement[] {
  return (child(root, 'Documents')['Document'] ?? []) as readonly XmlElement[];
}

function receiptText(event: string, digest: string, position: number): string {
  return (
    `<Receipt xmlns="urn:reset-hub:receipt:1" by="${place.name}" digest="${digest}" event="${event}" kind="received" ` +
    `position="${position}" time="${new Date().toISOString()}" version="1.0"></Receipt>`
  );
}

const pool = await openPool(place.database, RECIPIENT_TABLES);
const emitter = new Emitter(place);
await emitter.connect();
on(RecipientController, 'receive', place.inbox ?? '');
await serve(place, RecipientController, { pool, emitter }, async () => {
  await emitter.close();
  await pool.end();
});
say({ kind: 'ready' });
