import { describe, expect, it } from 'vitest';
import { signXml } from '#evidence';
import { aNetwork } from '#testing';
import { anomalyOf } from './anomalies.ts';
import { composeSegnatura } from './compose.ts';
import { aSegnatura, anEvent, digestOf, DOCUMENTS, ID } from './samples.fixture.ts';
import type { Segnatura } from './model.ts';
import { verifySegnatura, type JudgedMessage } from './verify.ts';
import { writeSegnatura } from './write.ts';

const network = await aNetwork().founded();
const at = network.clock.now();
const sealed = (segnatura: Segnatura, by = 'c_d150') =>
  signXml(writeSegnatura(segnatura), network.signerOf(by), at);
const message: JudgedMessage = {
  event: anEvent(),
  digests: DOCUMENTS.map(({ digest }) => digest).toReversed(),
};
const good = await sealed(aSegnatura());

function anomaly(bytes: Buffer, judged = message): string | null {
  try {
    verifySegnatura(bytes, network.registry, at, judged);
    return null;
  } catch (error) {
    return anomalyOf((error as { readonly code: string }).code);
  }
}

describe('verifySegnatura', () => {
  it('accepts the author’s segnatura of the event and its documents, in whatever order those came', () => {
    expect(verifySegnatura(good, network.registry, at, message)).toEqual(aSegnatura());
  });

  it('001: one changed character, another body’s seal, a role that is no body’s, no seal at all', async () => {
    expect(anomaly(Buffer.from(good.toString().replace('VI.3', 'VI.4')))).toBe('001_ValidazioneFirma');
    expect(anomaly(await sealed(aSegnatura(), 'p_cr'))).toBe('001_ValidazioneFirma');
    expect(anomaly(await sealed(aSegnatura(), 'router-1'))).toBe('001_ValidazioneFirma');
    expect(anomaly(writeSegnatura(aSegnatura()))).toBe('001_ValidazioneFirma');
  });

  it('002: a document changed, missing, or too many', () => {
    const digests = [digestOf(1), digestOf(3)];
    expect(anomaly(good, { ...message, digests })).toBe('002_AnomaliaImpronte');
    expect(anomaly(good, { ...message, digests: [digestOf(1)] })).toBe('002_AnomaliaImpronte');
    expect(anomaly(good, { ...message, digests: [...message.digests, digestOf(2)] })).toBe(
      '002_AnomaliaImpronte',
    );
  });

  it('000: bytes that are no XML, XML that is no segnatura, the segnatura of another event, practice or sender', async () => {
    expect(anomaly(Buffer.from('buongiorno'))).toBe('000_Irricevibile');
    expect(anomaly(await signXml(Buffer.from('<a></a>'), network.signerOf('c_d150'), at))).toBe(
      '000_Irricevibile',
    );
    const segnatura = aSegnatura();
    const other = { ...segnatura, primary: { ...segnatura.primary, description: 'Evento c_d150/altro' } };
    expect(anomaly(await sealed(other))).toBe('000_Irricevibile');
    expect(anomaly(await sealed({ ...segnatura, file: null }))).toBe('000_Irricevibile');
    expect(anomaly(await sealed({ ...segnatura, id: { ...ID, body: 'p_cr' } }))).toBe('000_Irricevibile');
  });

  it('holds an act without documents to its body, which the event carries', async () => {
    const event = anEvent({ type: 'conclusion.issued', outcome: 'unfavourable' });
    const base = aSegnatura();
    const segnatura = composeSegnatura({
      ...{ event, id: ID, title: 'x', classification: base.classification, answers: null, first: null },
      ...{ sender: base.sender, recipients: base.recipients, documents: [] },
    });
    expect(segnatura.primary.fileName).toBe('conclusion.issued.xml');
    const bytes = await sealed(segnatura);
    expect(anomaly(bytes, { event, digests: [] })).toBeNull();
    expect(anomaly(bytes, { event: anEvent(), digests: [] })).toBe('002_AnomaliaImpronte');
  });
});
