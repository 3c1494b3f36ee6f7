import fc from 'fast-check';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { signXml } from '#evidence';
import { agidPresent, agidSchema, aNetwork } from '#testing';
import { readProtocolMessage, readSegnatura } from './read.ts';
import { aSegnatura, messages, segnature } from './samples.fixture.ts';
import { writeProtocolMessage, writeSegnatura } from './write.ts';

const RUNS = { numRuns: 60 };
const network = await aNetwork().founded();
const signed = (bytes: Buffer) => signXml(bytes, network.signerOf('c_d150'), network.clock.now());

/** A stand-in where the value of the signature does not matter. */
function withSignature(bytes: Buffer): Buffer {
  const end = '</prot:SegnaturaInformatica>';
  const text = bytes.toString().slice(0, -end.length);
  return Buffer.from(
    `${text}<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:Signature>${end}`,
  );
}

function canonical(bytes: Buffer): string {
  const document = XmlDocument.fromBuffer(bytes);
  try {
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 });
  } finally {
    document.dispose();
  }
}

describe('the writers of AgID’s protocol', () => {
  it('write a segnatura that is its own exclusive canonical form and reads back the same, whatever names hold', () => {
    fc.assert(
      fc.property(segnature, (segnatura) => {
        const bytes = writeSegnatura(segnatura);
        expect(canonical(bytes)).toBe(bytes.toString());
        expect(readSegnatura(withSignature(bytes))).toEqual(segnatura);
      }),
      RUNS,
    );
  });

  it('write confirmations, exceptions and cancellations that are canonical and read back the same', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = writeProtocolMessage(message);
        expect(canonical(bytes)).toBe(bytes.toString());
        expect(readProtocolMessage(bytes)).toEqual(message);
      }),
      RUNS,
    );
  });

  it('replace what XML cannot carry in a file name, rather than keep a filing out', () => {
    const [form] = aSegnatura().attachments;
    const odd = aSegnatura([{ ...form, fileName: 'a\u0000b\uD800.pdf' }] as never);
    expect(readSegnatura(withSignature(writeSegnatura(odd))).primary.fileName).toBe('a\uFFFDb\uFFFD.pdf');
  });

  // The XSDs are AgID's, not part of the project: where they do not lie beside it, these two are skipped.
  it.skipIf(!agidPresent)('write signed segnature that AgID’s XSD accepts, whatever names hold', async () => {
    const faults = agidSchema('segnatura_protocollo.xsd');
    expect(faults(await signed(writeSegnatura(aSegnatura())))).toBeNull();
    await fc.assert(
      fc.asyncProperty(segnature, async (segnatura) => {
        expect(faults(await signed(writeSegnatura(segnatura)))).toBeNull();
      }),
      RUNS,
    );
    // Without its seal it is no segnatura.
    expect(faults(writeSegnatura(aSegnatura()))).toContain('Signature');
  });

  it.skipIf(!agidPresent)('write messages that AgID’s XSD accepts', () => {
    const faults = agidSchema('pec_message.xsd');
    fc.assert(
      fc.property(messages, (message) => {
        expect(faults(writeProtocolMessage(message))).toBeNull();
      }),
      RUNS,
    );
  });
});
