import { describe, expect, it } from 'vitest';
import { checkEntitlement, checkHeaders, route } from '#contracts';
import { verifyDecision, verifyEvent } from '#evidence';
import { aDecision } from './decisions.ts';
import { aNetwork } from './network.ts';
import { anEvent, aPractice } from './practice.ts';

const network = await aNetwork().founded();

describe('the builders', () => {
  it.each([
    'edilizia.scia',
    'edilizia.permesso-di-costruire',
    'commercio.esercizio-di-vicinato',
    'paesaggio.autorizzazione',
    'tributi.tari',
    'pesca.licenza',
  ])('sign a filing of %s that verifies, is entitled and can be routed', async (code) => {
    const { bytes, event, headers } = await anEvent(network).procedure(code).signed();
    const verified = verifyEvent(bytes, network.registry, network.clock.now());
    expect(verified.event).toEqual(event);
    checkHeaders(headers, event);
    checkEntitlement({ event, registry: network.registry, practice: null });
    expect(route(event, network.registry).participants[0]?.ipa).toBe('c_d150');
  });

  it('chain the events of each author by number and digest', async () => {
    const practice = aPractice(network);
    const filing = await practice
      .filedBy('c_d150')
      .withFact('superficie', 'oltre-500')
      .withDocument()
      .signed();
    const opinion = await practice.actBy('p_cr').signed();
    const end = await practice.actBy('c_d150', 'proceeding.ended').signed();
    expect(filing.event.documents.map(({ role }) => role)).toEqual(['form', 'attachment']);
    expect(opinion.event.sequence).toEqual({ number: 1, previous: null });
    expect(end.event.sequence).toEqual({ number: 2, previous: filing.digest });
    expect(end.event.practice).toEqual(filing.event.practice);
  });

  it.each([
    ['tampered', () => anEvent(network).tampered(), 'REFERENCE_DIGEST_MISMATCH'],
    ['unsigned', () => anEvent(network).unsigned(), 'SIGNATURE_MISSING'],
    ['signed by a neighbour', () => anEvent(network).signedBy('p_cr'), 'CERTIFICATE_NOT_OF_AUTHOR'],
    ['signed by a router', () => anEvent(network).signedBy('router-1'), 'CERTIFICATE_ROLE_WRONG'],
  ])('make an event %s', async (_, build, code) => {
    const { bytes } = await build().signed();
    expect(() => verifyEvent(bytes, network.registry, network.clock.now())).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('sign decisions as the router does', async () => {
    const filing = await anEvent(network).signed();
    const { item, decision } = await aDecision(filing, 1);
    expect(verifyDecision(item, network.registry, network.clock.now()).decision).toEqual(decision);
  });
});
