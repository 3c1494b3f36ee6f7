/** How the headers of a record lie in the outbox: text as JSON, bytes one behind the other in a column of their own. */

export type RecordHeaders = Readonly<Record<string, string | Buffer>>;

/** Text as it is; bytes: where in `header_bytes` they lie, or (rows of before there was that column) in base64. */
type StoredHeader = string | { readonly at: number; readonly size: number } | { readonly b64: string };

export interface StoredHeaders {
  readonly headers: Readonly<Record<string, StoredHeader>>;
  /** Null if no header is bytes. */
  readonly bytes: Buffer | null;
}

export function storedHeaders(headers: RecordHeaders): StoredHeaders {
  const parts: Buffer[] = [];
  let end = 0;
  const stored = Object.entries(headers).map(([name, header]): [string, StoredHeader] => {
    if (typeof header === 'string') return [name, header];
    parts.push(header);
    end += header.length;
    return [name, { at: end - header.length, size: header.length }];
  });
  return { headers: Object.fromEntries(stored), bytes: parts.length === 0 ? null : Buffer.concat(parts) };
}

export function readHeaders({ headers, bytes }: StoredHeaders): Record<string, string | Buffer> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name, readHeader(header, bytes ?? NOTHING)]),
  );
}

const NOTHING = Buffer.alloc(0);

function readHeader(header: StoredHeader, bytes: Buffer): string | Buffer {
  if (typeof header === 'string') return header;
  if ('b64' in header) return Buffer.from(header.b64, 'base64');
  return bytes.subarray(header.at, header.at + header.size);
}
