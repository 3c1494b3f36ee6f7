/** The router of baseline A: verifies, gives the position, signs the decision, one transaction and one send each. */
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type pg from 'pg';
import { given, say } from '../children.ts';
import type { ObviousPlace } from './place.ts';
import { Emitter, on, serve } from './service.ts';
import { child, digestOf, readSigned, sign, signerOf } from './signed-xml.ts';
import { openPool, ROUTER_TABLES, transaction } from './tables.ts';

const place = given() as ObviousPlace;
const signer = signerOf(place);

interface Parts {
  readonly pool: pg.Pool;
  readonly emitter: Emitter;
}

@Controller()
class RouterController {
  constructor(@Inject('SERVICE') private readonly parts: Parts) {}

  async route(@Payload() xml: string): Promise<void> {
    const { root, holder } = await readSigned(xml, place);
    const practice = child(root, 'Practice').$['uuid'] ?? '';
    const id = root.$['id'] ?? '';
    if (child(root, 'Author').$['ipa'] !== holder) throw new Error('signed by another');
    const decision = await transaction(this.parts.pool, async (client) => {
      const { rows } = await client.query<{ position: number }>(
        `insert into practice (uuid, position) values ($1, 1)
         on conflict (uuid) do update set position = practice.position + 1 returning position`,
        [practice],
      );
      await client.query('insert into seen (author, event_id, digest) values ($1, $2, $3)', [
        holder,
        id,
        digestOf(xml),
      ]);
      const signed = sign(decisionText(id, practice, rows[0]?.position ?? 1, digestOf(xml)), signer);
      await client.query('insert into decision (event_id, xml) values ($1, $2)', [id, signed]);
      return signed;
    });
    const { inboxes, routing } = place.topics;
    for (const inbox of inboxes) await this.parts.emitter.emit(inbox, practice, xml, { decision });
    await this.parts.emitter.emit(routing, practice, decision);
  }
}

function decisionText(event: string, practice: string, position: number, digest: string): string {
  const participants = ['c_d150:owner', 'p_cr:opinion', 'c_d142:opinion', 'c_b898:opinion'].map((one) => {
    const [ipa, part] = one.split(':');
    return `<Participant ipa="${ipa ?? ''}" joined="true" part="${part ?? ''}"></Participant>`;
  });
  return (
    `<Decision xmlns="urn:reset-hub:decision:1" digest="${digest}" event="${event}" position="${position}" ` +
    `practice="${practice}" router="router" time="${new Date().toISOString()}" version="1.0">` +
    `<Participants>${participants.join('')}</Participants></Decision>`
  );
}

const pool = await openPool(place.database, ROUTER_TABLES);
const emitter = new Emitter(place);
await emitter.connect();
on(RouterController, 'route', place.topics.outbox);
await serve(place, RouterController, { pool, emitter }, async () => {
  await emitter.close();
  await pool.end();
});
say({ kind: 'ready' });
