/** The network that is measured: the catalogue of Cremona with other neighbours, and as many members as are wanted. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const CREMONA = join('contracts', 'catalogue', 'cremona');

/** What files, and the three that it concerns: the Provincia, and the neighbours of the Comune. */
export const AUTHOR = 'c_d150';
export const RECIPIENTS = ['p_cr', 'c_d142', 'c_b898'] as const;
const OWN_ISTAT = '019036';
const NEIGHBOURS = ['019035', '019021'];
/** ISTAT codes of the invented municipalities begin here. */
const FIRST_INVENTED = 19_501;

interface Body {
  readonly ipa: string;
  readonly joined: boolean;
}

interface NetworkYaml {
  network: string;
  bodies: Body[];
  borders: string[][];
}

/** Codes of the members beyond the four, in order: each borders the neighbours, so that its filings concern three. */
export function inventedMembers(members: number): readonly string[] {
  return Array.from({ length: Math.max(0, members - 1 - RECIPIENTS.length) }, (_, n) => `c_z${100 + n}`);
}

/**
 * Writes a catalogue of `members` public bodies into `dir`, each of which but the Provincia and the two neighbours may
 * file what concerns these three.
 * @returns the path of its `network.yaml`
 */
export async function writeCatalogue(dir: string, members: number): Promise<string> {
  await cp(CREMONA, dir, { recursive: true });
  const path = join(dir, 'network.yaml');
  const network = parse(await readFile(path, 'utf8')) as NetworkYaml;
  const invented = inventedMembers(members).map((ipa, n) => ({
    ipa,
    name: `Comune inventato ${n + 1}`,
    kind: 'municipality',
    istat: istatOf(n),
    province: 'p_cr',
    office: 'SUAP',
    pec: `protocollo@z${n}.pec.example`,
    joined: true,
  }));
  network.network = `bench-${members}`;
  network.bodies.push(...invented);
  const authors = [OWN_ISTAT, ...invented.map(({ istat }) => istat)];
  network.borders = authors.flatMap((istat) => NEIGHBOURS.map((neighbour) => [istat, neighbour]));
  await writeFile(path, stringify(network));
  return path;
}

/** A filing's form that concerns the neighbours of the municipality too. */
export async function readExampleForm(): Promise<string> {
  const text = await readFile(join(CREMONA, 'examples', 'edilizia.scia.xml'), 'utf8');
  return text.replace('<inFasciaDiConfine>false', '<inFasciaDiConfine>true');
}

/** The example names Cremona's territory; another author's names its own. */
export function formOf(example: string, author: string): Buffer {
  const n = author === AUTHOR ? -1 : Number(author.slice('c_z'.length)) - 100;
  return Buffer.from(n < 0 ? example : example.replace(`<comune>${OWN_ISTAT}`, `<comune>${istatOf(n)}`));
}

function istatOf(n: number): string {
  return String(FIRST_INVENTED + n).padStart(6, '0');
}
