/** A partner's own system, for specs: calls a node's API with a token. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '#access';
import type { TestNode } from './authority.fixture.ts';

const EXAMPLES = join(import.meta.dirname, '../../../contracts/catalogue/cremona/examples');

/** The catalogue's example of a procedure's form. */
export function exampleForm(procedure = 'edilizia.scia'): Buffer {
  return readFileSync(join(EXAMPLES, `${procedure}.xml`));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The body as JSON; undefined if it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface Filing {
  readonly procedure?: string;
  readonly form?: Buffer | null;
  readonly attachments?: readonly { readonly name: string; readonly type?: string; readonly bytes: Buffer }[];
  readonly fields?: Readonly<Record<string, string>>;
  readonly key?: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: FormData | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export class Partner {
  private constructor(
    readonly node: TestNode,
    readonly token: string,
  ) {}

  /** A partner with every scope of everyday work, unless others are named. */
  static async of(node: TestNode, ...scopes: Scope[]): Promise<Partner> {
    const given: Scope[] = scopes.length > 0 ? scopes : ['file', 'act', 'read', 'quarantine'];
    return new Partner(node, await node.token(...given));
  }

  open(path: string, { method = 'GET', body, headers = {}, signal }: CallOptions = {}): Promise<Response> {
    return fetch(new URL(path, this.node.http.url), {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const response = await this.open(path, options);
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      json: isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : undefined,
    };
  }

  async get<T extends object>(path: string): Promise<T> {
    const { status, json } = await this.call(path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(json)}`);
    return json as T;
  }

  file(filing: Filing = {}): Promise<Answer> {
    return this.call('/v1/practices', {
      method: 'POST',
      body: filingBody(filing),
      headers: keyHeader(filing.key),
    });
  }

  /** Files, and expects it to be accepted. */
  async filed(filing: Filing = {}): Promise<Filed> {
    const { status, json } = await this.file(filing);
    if (status !== 201) throw new Error(`filing: ${status} ${JSON.stringify(json)}`);
    return json as unknown as Filed;
  }

  act(
    practice: string,
    fields: Readonly<Record<string, string>>,
    { document, key }: { readonly document?: Buffer; readonly key?: string } = {},
  ): Promise<Answer> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    if (document !== undefined) body.append('document', blob(document, 'application/pdf'), 'atto.pdf');
    return this.call(`/v1/practices/${practice}/events`, { method: 'POST', body, headers: keyHeader(key) });
  }
}

export interface Filed {
  readonly cui: string;
  readonly practiceId: string;
  readonly owner: string;
  readonly eventId: string;
  readonly procedure: string;
  readonly state: string;
  readonly receipt: string;
}

function filingBody({ procedure = 'edilizia.scia', form, attachments = [], fields = {} }: Filing): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries({ procedure, ...fields })) body.append(name, value);
  if (form !== null)
    body.append('form', blob(form ?? exampleForm(procedure), 'application/xml'), 'modulo.xml');
  for (const { name, bytes, type = 'application/pdf' } of attachments)
    body.append('attachment', blob(bytes, type), name);
  return body;
}

function blob(bytes: Buffer, type: string): Blob {
  return new Blob([new Uint8Array(bytes)], { type });
}

function keyHeader(key: string | undefined): Readonly<Record<string, string>> {
  return key === undefined ? {} : { 'idempotency-key': key };
}
