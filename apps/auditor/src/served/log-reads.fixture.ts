/** The log's routes over a database, without streams: for the specs of what is read. */
import { randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AccessModule } from '#access';
import { AccessLog } from '#access-log';
import { parseSha256, type CertificateRole, type Sha256 } from '#contracts';
import { OPEN_NODE } from '#node';
import { createLogger, readMutualTls, runHttpApp, systemClock, systemIds, type HttpApp } from '#platform';
import type { VersionStanding } from '#registry-view';
import { kafkaFor, makeToken } from '#testing';
import { verifyCheckpoint, type NoteVerifier, type ReadLogFile, type VerifiedCheckpoint } from '#tlog';
import { Global, Module } from '@nestjs/common';
import { Agent, type Dispatcher } from 'undici';
import type { LogInstance } from '../log-database.fixture.ts';
import { EvidenceModule } from '../evidence/evidence.module.ts';
import type { EvidenceParts } from '../evidence/evidence-parts.ts';
import { LogReadsModule } from '../log-reads.module.ts';

/** How the registry lists the transport certificates of the test network. */
interface Standing {
  readonly holder: string;
  readonly role: CertificateRole;
  readonly purpose: 'transport';
  readonly revokedFrom: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Of a problem. */
  readonly code: unknown;
}

export interface Asking {
  /** A token's text; without it, and without `member`, nobody in particular asks. */
  readonly token?: string;
  /** Whose node asks, with its transport certificate, at the server for other nodes. */
  readonly member?: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
}

export class LogReads {
  readonly #listed = new Map<Sha256, Standing>();
  readonly #nodes = new Map<string | null, Agent>();
  #http: HttpApp | undefined;

  /**
   * @param chain digests of the registry's entries as this node has verified them, from the first
   * @param evidence the seal for containers of evidence, if their route is wanted
   */
  static async open(
    log: LogInstance,
    chain: readonly Sha256[] = [],
    evidence?: Pick<EvidenceParts, 'signer' | 'clock'>,
  ): Promise<LogReads> {
    const reads = new LogReads();
    const registry = {
      certificate: (fingerprint: Sha256) => reads.#listed.get(fingerprint),
      hasVersion: (number: number, digest: Sha256): VersionStanding => {
        const known = chain[number - 1];
        if (known === undefined) return 'behind';
        return known === digest ? 'known' : 'different';
      },
    };

    @Global()
    @Module({
      providers: [{ provide: OPEN_NODE, useValue: { name: 'auditor', work: log.work, registry } }],
      exports: [OPEN_NODE],
    })
    class NodeModule {}
    const logKey = log.signer.verifier.vkey;
    const reading =
      evidence &&
      EvidenceModule.beside(LogReadsModule, {
        accesses: new AccessLog({ node: 'auditor', clock: systemClock, ids: systemIds }),
        ...evidence,
        work: log.work,
        registry,
        logKey,
      });
    @Module({
      imports: [NodeModule, AccessModule.forRoot({ dataSource: log.source }), reading ?? LogReadsModule],
    })
    class SpecModule {}

    const { certFile: cert, keyFile: key, caFile: ca } = kafkaFor('auditor');
    const free = { host: '127.0.0.1', port: 0 };
    reads.#http = await runHttpApp(SpecModule, {
      name: `auditor ${randomUUID()}`,
      http: free,
      peer: { ...free, tls: { cert, key, ca } },
      logger: createLogger('test', { level: 'silent' }),
    });
    return reads;
  }

  get #app(): HttpApp {
    if (this.#http === undefined) throw new Error('it is closed');
    return this.#http;
  }

  /** The registry lists a holder's transport certificate, as one in force unless something else is said. */
  list(holder: string, standing: Partial<Standing> = {}): void {
    const { fingerprint256 } = new X509Certificate(readFileSync(kafkaFor(holder).certFile));
    const fingerprint = parseSha256(fingerprint256.replaceAll(':', '').toLowerCase());
    const usual = { holder, role: 'authority', purpose: 'transport', revokedFrom: null } as const;
    this.#listed.set(fingerprint, { ...usual, ...standing });
  }

  async token(...scopes: Parameters<typeof makeToken>[1][]): Promise<string> {
    const { token } = await makeToken(this.#app, ...scopes);
    return token;
  }

  /** Asks for a path as it stands: nothing in it is made canonical on the way. */
  async get(path: string, { token, member, method = 'GET', headers = {} }: Asking = {}): Promise<Answer> {
    const { url, peerUrl = '' } = this.#app;
    const answer = await this.#node(member ?? null).request({
      origin: member === undefined ? url : peerUrl,
      path,
      method,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    const body = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, headers: answer.headers, body, code: codeOf(answer, body) };
  }

  /** The checkpoint served now, checked with the log's key. */
  async head(key: NoteVerifier): Promise<VerifiedCheckpoint> {
    return verifyCheckpoint((await this.get('/log/checkpoint')).body, key);
  }

  /** Reads the log's files as a reader with a token does. */
  reader(token: string): ReadLogFile {
    return async (path) => {
      const { status, body } = await this.get(`/log/${path}`, { token });
      return status === 200 ? body : undefined;
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((agent) => agent.close()));
    await this.#app.close();
  }

  /** Connections of a member's node; null: of nobody in particular. */
  #node(holder: string | null): Agent {
    const known = this.#nodes.get(holder);
    if (known !== undefined) return known;
    const agent = holder === null ? new Agent() : new Agent({ connect: tlsOf(holder) });
    this.#nodes.set(holder, agent);
    return agent;
  }
}

function tlsOf(holder: string): ReturnType<typeof readMutualTls> {
  const { certFile: cert, keyFile: key, caFile: ca } = kafkaFor(holder);
  return readMutualTls({ cert, key, ca });
}

function codeOf({ headers }: Dispatcher.ResponseData, body: Buffer): unknown {
  if (!String(headers['content-type']).startsWith('application/problem+json') || body.length === 0)
    return null;
  return (JSON.parse(body.toString()) as { readonly code: unknown }).code;
}
