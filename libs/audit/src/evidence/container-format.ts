/** What lies where in a container of evidence: docs/adr/0046-evidence-of-a-practice.md, 0052-evidence-of-a-copy.md. */
import type { Sha256 } from '#contracts';
import { z } from 'zod';

/** ETSI EN 319 162-1 §4.4.2 (and annex A.1): the first file, stored as it is, says what the ZIP is. */
export const MIMETYPE = 'mimetype';
export const CONTAINER_TYPE = 'application/vnd.etsi.asic-e+zip';
/** §4.4.3.2: every file with its media type, as OpenDocument lists them. */
export const MANIFEST = 'META-INF/manifest.xml';
/** §4.4.3.2: the seal. */
export const SIGNATURES = 'META-INF/signatures001.xml';

/** What is in it, for machines. */
export const CONTENTS = 'contenuto.json';
/** What is in it, for people. */
export const SUMMARY = 'riepilogo.html';
/** The checkpoint that everything is proved under, the log's key, and its witnesses. */
export const CHECKPOINT = 'trasparenza/checkpoint';
export const LOG_KEY = 'trasparenza/registro.vkey';

export const XML = 'application/xml';
export const JSON_TYPE = 'application/json';
export const HTML = 'text/html';
export const TEXT = 'text/plain';
export const PEM = 'application/x-pem-file';
export const CRL = 'application/pkix-crl';

export const EVIDENCE_FORMAT = 'reset-hub/evidence@v1';

/** Where the documents of a kind lie. Kinds of leaves that are about a practice. */
export const FOLDERS = {
  event: 'eventi',
  decision: 'decisioni',
  receipt: 'ricevute',
  action: 'azioni',
} as const;
export type EvidenceKind = keyof typeof FOLDERS;

/** More leaves of one practice are refused, so that names, digests and summary stay in memory. */
export const MAX_EVIDENCE_LEAVES = 10_000;

const hash = z.base64().length(44);

/** `contenuto.json`. */
export const contentsShape = z.strictObject({
  format: z.literal(EVIDENCE_FORMAT),
  /** That somebody has made it of a copy of the log; absent in what the auditor's node gives out. */
  made: z.literal('from-copy').optional(),
  practice: z.strictObject({ owner: z.string(), uuid: z.uuid() }),
  log: z.strictObject({
    origin: z.string(),
    size: z.int().min(1),
    root: hash,
    witnessed: z.boolean(),
  }),
  registry: z.strictObject({
    number: z.int().min(1),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    whole: z.boolean(),
  }),
  leaves: z
    .array(
      z.strictObject({
        index: z.int().min(0),
        kind: z.enum(['event', 'decision', 'receipt', 'action']),
        file: z.string(),
        proof: z.string(),
      }),
    )
    .max(MAX_EVIDENCE_LEAVES),
});
export type EvidenceContents = z.output<typeof contentsShape>;

/** The contents as they are written: one spelling, for whoever compares two containers. */
export function formatContents(contents: EvidenceContents): Buffer {
  return Buffer.from(`${JSON.stringify(contents, null, 1)}\n`);
}

/** What of a leaf decides its file's name. */
export interface NamedLeaf {
  readonly index: number;
  readonly kind: EvidenceKind;
  readonly type: string;
  /** Of an event, by its decision. Null while nothing has placed it. */
  readonly position: number | null;
  /** Of a receipt, who speaks. */
  readonly by?: string;
}

/** Names that are given out once each, in the order in which they are asked for. */
export class FileNames {
  readonly #taken = new Set<string>();

  /** `eventi/0001-practice.filed.xml`, `ricevute/0001-p_cr-received.xml`, `azioni/i42-event.sent-again.xml`. */
  of({ index, kind, type, position, by }: NamedLeaf): string {
    const place = position === null ? `i${index}` : String(position).padStart(4, '0');
    const words = [place, ...(by === undefined ? [] : [by]), type].map(plainWord);
    const usual = `${FOLDERS[kind]}/${words.join('-')}`;
    const name = this.#taken.has(usual.toLowerCase()) ? `${usual}-i${index}` : usual;
    this.#taken.add(name.toLowerCase());
    return `${name}.xml`;
  }
}

/** The tlog-proof that a document is in the log. */
export function proofName(file: string): string {
  return `prove/${file.replace(/\.xml$/, '')}.tlog-proof`;
}

/** The item of a signed item, decoded: what a person or another tool reads. */
export function readableName(file: string): string {
  return `leggibili/${file}`;
}

/** A signed batch, which other tools validate as it is. */
export function batchName(digest: Sha256): string {
  return `lotti/${digest}.xml`;
}

export function certificateName(holder: string, fingerprint: Sha256): string {
  return `certificati/${plainWord(holder)}-${fingerprint.slice(0, 16)}.pem`;
}

export function registryName(number: number): string {
  return `registro/${String(number).padStart(6, '0')}.xml`;
}

export function crlName(number: number): string {
  return `crl/${String(number).padStart(6, '0')}.crl`;
}

/** What the seal of a witness says of its key. */
export function witnessName(holder: string): string {
  return `testimoni/${plainWord(holder)}.xml`;
}

/** Only what a file's name may hold on any system, and no step up. */
function plainWord(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_') || '_';
}
