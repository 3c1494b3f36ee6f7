/**
 * How the headers of a record lie in the outbox: text as JSON, bytes one behind the other in a column of their own; or
 * nowhere, if they are a decision that is kept with its event anyway.
 */

export type RecordHeaders = Readonly<Record<string, string | Buffer>>;

/** Text as it is; bytes: where in `header_bytes` they lie, that they are kept, or (rows of before) in base64. */
type StoredHeader =
  | string
  | { readonly at: number; readonly size: number }
  | { readonly kept: 'decision' }
  | { readonly b64: string };

export interface StoredHeaders {
  readonly headers: Readonly<Record<string, StoredHeader>>;
  /** Null if no header is bytes. */
  readonly bytes: Buffer | null;
}

/** @param kept name of the header that is kept elsewhere, if one is */
export function storedHeaders(headers: RecordHeaders, kept?: string): StoredHeaders {
  const parts: Buffer[] = [];
  let end = 0;
  const stored = Object.entries(headers).map(([name, header]): [string, StoredHeader] => {
    if (typeof header === 'string') return [name, header];
    if (name === kept) return [name, { kept: 'decision' }];
    parts.push(header);
    end += header.length;
    return [name, { at: end - header.length, size: header.length }];
  });
  return { headers: Object.fromEntries(stored), bytes: parts.length === 0 ? null : Buffer.concat(parts) };
}

/** @param kept the decision that a header may name */
export function readHeaders(
  { headers, bytes }: StoredHeaders,
  kept: Buffer | null,
): Record<string, string | Buffer> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [
      name,
      readHeader(header, bytes ?? NOTHING, kept ?? NOTHING),
    ]),
  );
}

const NOTHING = Buffer.alloc(0);

function readHeader(header: StoredHeader, bytes: Buffer, kept: Buffer): string | Buffer {
  if (typeof header === 'string') return header;
  if ('kept' in header) return kept;
  if ('b64' in header) return Buffer.from(header.b64, 'base64');
  return bytes.subarray(header.at, header.at + header.size);
}
