import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { TestNetwork, type Filed, type Shown } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const MODULI = '../shared/reference/moduli';
const EXAMPLES = join(MODULI, 'examples');
const present = existsSync(EXAMPLES);

interface Decided {
  readonly decision: { readonly participants: readonly { readonly ipa: string; readonly joined: boolean }[] };
}

interface Documents {
  readonly documents: readonly {
    readonly id: string;
    readonly role: string;
    readonly status: string;
    readonly name: string | null;
  }[];
}

/** What identifies a person in an example: no event may hold any of it. */
function identifiers(form: string): string[] {
  const fields =
    /<(?:\w+:)?(?:codice_fiscale|nome|cognome|denominazione|codice_fiscale_pg|domicilio_digitale)>([^<]+)</g;
  return [...form.matchAll(fields)].map((match) => match[1] ?? '').filter((value) => value.length > 0);
}

// The official forms and examples are not part of the project: they lie beside it, where they are at all.
describe.skipIf(!present)('the official example filings', () => {
  let network: TestNetwork;
  const attachment = Buffer.from('%PDF-1.4 planimetria inventata\n');

  beforeAll(async () => {
    network = TestNetwork.at(inject('home'));
    await network.json('forms', 'import', MODULI);
    writeFileSync(join(network.home, 'planimetria.pdf'), attachment);
  });

  it.each(present ? readdirSync(EXAMPLES).filter((name) => name.endsWith('.xml')) : [])(
    '%s is at the Provincia and at each joined body that the rules name, and nowhere else',
    async (name) => {
      const path = join(EXAMPLES, name);
      const form = readFileSync(path);
      const filed = await network.json<Filed>(
        ...['practice', 'file', '--at', 'c_d150', '--procedure', 'commercio.esercizio-di-vicinato'],
        ...['--form', path, '--attach', join(network.home, 'planimetria.pdf')],
      );
      const base = `/v1/practices/${filed.practiceId}`;
      const { decision } = await until('the decision is back', WITHIN_MS, () =>
        network.getJson<Decided>('c_d150', `${base}/events/${filed.eventId}/decision`),
      );
      const named = decision.participants
        .filter(({ joined }) => joined)
        .map(({ ipa }) => ipa)
        .sort();
      expect(named).toContain('p_cr');
      for (const ipa of named) await until(`${ipa} has it`, WITHIN_MS, () => network.getJson(ipa, base));

      const bytes = await Promise.all(
        named.map(async (ipa) => (await network.get(ipa, `${base}/events/${filed.eventId}`)).text()),
      );
      expect(new Set(bytes).size).toBe(1);
      for (const identifier of identifiers(form.toString())) expect(bytes[0]).not.toContain(identifier);

      for (const ipa of named) await expectDocuments(ipa, base, [form, attachment]);
      const { members } = await network.file();
      for (const { ipa } of members.filter((member) => !named.includes(member.ipa))) {
        expect((await network.get(ipa, base)).status, `${ipa} is not concerned`).toBe(404);
      }
      const shown = await network.json<Shown>('practice', 'show', filed.cui);
      expect([...new Set(shown.timeline.map(({ authority }) => authority))].sort()).toEqual(named);
      await until('the proof verifies', WITHIN_MS, async () => {
        const proved = await network.hub('audit', 'proof', filed.eventId, '--json');
        return proved.code === 0 ? proved : undefined;
      });
    },
  );

  it('a copy with an invalid value is refused with line, XPath and reason', async () => {
    const valid = readFileSync(join(EXAMPLES, 'esercizio_vicinato_apertura-alimentare.xml'), 'utf8');
    const path = join(network.home, 'invalid.xml');
    writeFileSync(
      path,
      valid.replace('<sapesvi:esercizio_vicinato>true<', '<sapesvi:esercizio_vicinato>forse<'),
    );
    const refused = await network.hub(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'commercio.esercizio-di-vicinato'],
      ...['--form', path, '--json'],
    );
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('FORM_INVALID');
    expect(refused.stdout).toMatch(/"line":\s*\d+/);
    expect(refused.stdout).toContain('esercizio_vicinato');
  });

  async function expectDocuments(ipa: string, base: string, originals: readonly Buffer[]): Promise<void> {
    const { documents } = await until(`documents are complete at ${ipa}`, WITHIN_MS, async () => {
      const list = await network.getJson<Documents>(ipa, `${base}/documents`);
      // And the segnatura, which the authority adds.
      return list.documents.length === originals.length + 1 &&
        list.documents.every(({ status }) => status === 'complete')
        ? list
        : undefined;
    });
    const contents = await Promise.all(
      documents
        .filter(({ role }) => role !== 'segnatura')
        .map(async ({ id }) =>
          Buffer.from(await (await network.get(ipa, `${base}/documents/${id}`)).arrayBuffer()),
        ),
    );
    expect(contents.map(sha256).sort()).toEqual(originals.map(sha256).sort());
  }
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
