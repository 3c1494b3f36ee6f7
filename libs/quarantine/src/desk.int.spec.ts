import { describe, expect, it } from 'vitest';
import { ActionLog } from '#actions';
import { HubError } from '#errors';
import { sha256Hex, verifyAction } from '#evidence';
import { done } from '#messaging';
import { readUnsent } from '#persistence';
import { anEvent, makeToken } from '#testing';
import { record, TestDesk, TOKEN, type ActionShown } from './quarantine.fixture.ts';
import type { QuarantineParts } from './quarantine-parts.ts';
import { ReleaseQuarantined } from './release-quarantined.ts';

const desk = await TestDesk.open();
const { clock, get, http, idAt, ids, keep, network, parkedAt, parts, post, token, work } = desk;
const signer = network.signerOf('c_d150');

describe('a discard', () => {
  it('puts aside what nobody signed, with a reason that stays here, until it is restored', async () => {
    const id = await parkedAt('nobodys');
    const discard = `/v1/quarantine/${id}/discard`;
    expect((await post(discard)).json).toMatchObject({ code: 'REQUEST_INVALID' });
    const first = await post(discard, { reason: 'noise of a test' }, 'once');
    expect(first).toEqual({
      status: 200,
      json: { id, status: 'discarded', action: expect.any(String) as string },
    });
    expect(await post(discard, { reason: 'noise of a test' }, 'once')).toEqual(first);
    expect((await post(discard, { reason: 'again' })).json).toMatchObject({
      code: 'QUARANTINE_ALREADY_CLOSED',
    });
    expect(await keep({ ...record, origin: { ...record.origin, offset: 'nobodys' } })).toBe(false);
    expect((await post(`/v1/quarantine/${id}/release`)).json).toMatchObject({
      code: 'QUARANTINE_ALREADY_CLOSED',
    });
    expect((await post(`/v1/quarantine/${id}/restore`)).json).toMatchObject({ id, status: 'parked' });
    expect((await post(`/v1/quarantine/${id}/restore`)).json).toMatchObject({
      code: 'QUARANTINE_NOT_DISCARDED',
    });
    const entry = (await get(`/v1/quarantine/${id}`)) as { status: string; actions: ActionShown[] };
    expect(entry.status).toBe('parked');
    expect(entry.actions.map(({ kind, reason, by }) => [kind, reason, by.label])).toEqual([
      ['quarantine.discarded', 'noise of a test', expect.any(String)],
      ['quarantine.restored', null, expect.any(String)],
    ]);
  });

  it.each(['EVENT_VOIDED', 'HEADER_BODY_MISMATCH', 'SIGNATURE_INVALID'] as const)(
    'of what a member signed is refused, also where it was parked for %s',
    async (code) => {
      const { bytes } = await anEvent(network).signed();
      await keep({ ...record, origin: { ...record.origin, offset: `signed-${code}` }, bytes, code });
      const id = await idAt(`signed-${code}`);
      expect(await post(`/v1/quarantine/${id}/discard`, { reason: 'it is in the way' })).toMatchObject({
        status: 409,
        json: { code: 'QUARANTINE_NOT_DISCARDABLE', details: { holder: 'c_d150' } },
      });
      expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked', actions: [] });
    },
  );
});

describe('an action', () => {
  it('is signed by the node, names no person, and is sent in the transaction in which it is done', async () => {
    const id = await parkedAt('acted');
    const answer = await post(`/v1/quarantine/${id}/discard`, { reason: 'noise of a test' });
    const { action } = answer.json as { action: string };
    const shown = (await get(`/v1/actions/${action}`)) as {
      item: string;
      reasonSalt: string;
      sha256: string;
    };
    const item = Buffer.from(shown.item, 'base64');
    const { action: signed } = verifyAction(item, network.registry, clock.now());
    expect(signed).toMatchObject({
      id: action,
      kind: 'quarantine.discarded',
      node: 'c_d150',
      role: 'authority',
      outcome: 'discarded',
      record: { ...record.origin, offset: 'acted', digest: sha256Hex(record.bytes), code: record.code },
    });
    const salted = Buffer.concat([Buffer.from(shown.reasonSalt, 'base64'), Buffer.from('noise of a test')]);
    expect(signed.reason).toBe(sha256Hex(salted));
    const sent = await work.run((tx) => readUnsent(tx, { records: 1_000, bytes: 10_000_000 }));
    const sentRecord = sent.find(({ value }) => value.equals(item));
    expect(sentRecord).toMatchObject({ topics: ['practice.actions'], key: 'c_d150' });
    expect(shown.sha256).toBe(sha256Hex(item));
    expect((await get(`/v1/actions/${TOKEN}`)) as object).toMatchObject({ code: 'ACTION_NOT_FOUND' });
  });

  it('of one token has one reference, of another token another', async () => {
    const other = await makeToken(http, 'quarantine');
    const references: string[] = [];
    for (const [index, bearer] of [token, token, other.token].entries()) {
      const id = await parkedAt(`referred-${index}`);
      const url = new URL(`/v1/quarantine/${id}/release`, http.url);
      desk.verdict = done();
      await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${bearer}` } });
      const { actions } = (await get(`/v1/quarantine/${id}`)) as { actions: ActionShown[] };
      const { item } = (await get(`/v1/actions/${actions[0]!.id}`)) as { item: string };
      const { action } = verifyAction(Buffer.from(item, 'base64'), network.registry, clock.now());
      references.push(action.actors[0]!.reference);
    }
    expect(references[0]).toBe(references[1]);
    expect(references[2]).not.toBe(references[0]);
    const { actions } = (await get('/v1/actions?limit=2')) as { actions: ActionShown[] };
    expect(actions).toHaveLength(2);
  });

  it('that cannot be signed is not done', async () => {
    const id = await parkedAt('unsigned');
    desk.verdict = done();
    const away: QuarantineParts = {
      ...parts,
      actions: new ActionLog({
        role: 'authority',
        clock,
        ids,
        signer: { ...signer, sign: () => Promise.reject(new HubError('SIGNING_KEY_UNAVAILABLE', 'away')) },
      }),
    };
    const release = work.run((tx) => new ReleaseQuarantined(away).run(tx, id, TOKEN));
    await expect(release).rejects.toMatchObject({ code: 'SIGNING_KEY_UNAVAILABLE' });
    expect(await get(`/v1/quarantine/${id}`)).toMatchObject({ status: 'parked' });
  });
});
