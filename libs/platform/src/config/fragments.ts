import { accessSync, constants } from 'node:fs';

import { z } from 'zod';

/** Paths of PEM files for a TLS endpoint. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** When given, a client must show a certificate of this authority, or the handshake fails. */
  readonly ca?: string;
}

/** Paths of the PEM files with which a node speaks mutual TLS: to the broker, and to other nodes. */
export interface MutualTlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Where an HTTP server listens. */
export interface HttpConfig {
  readonly host: string;
  /** 0 = a free port. */
  readonly port: number;
  readonly tls?: TlsFiles;
}

/** A TCP port; 0 asks for a free one. */
export const portNumber = z.coerce.number().int().min(0).max(65_535);

/** A path that this process can read now. */
export const readablePath = z.string().refine(isReadable, 'the path of a file that this process can read');

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** `HTTP_HOST`, `HTTP_PORT`, and for TLS `HTTP_TLS_CERT` + `HTTP_TLS_KEY`, with `HTTP_TLS_CA` for mutual TLS. */
export const httpConfig = z
  .object({
    HTTP_HOST: z.string().default('127.0.0.1').describe('the address to listen on, e.g. 127.0.0.1'),
    HTTP_PORT: portNumber.default(0).describe('a port from 0 to 65535 (0 = a free one)'),
    HTTP_TLS_CERT: readablePath.optional().describe('the path of a PEM certificate chain'),
    HTTP_TLS_KEY: readablePath.optional().describe('the path of a PEM private key'),
    HTTP_TLS_CA: readablePath
      .optional()
      .describe('the path of the PEM certificate that signs client certificates'),
  })
  .superRefine((env, context) => {
    const wantsTls = env.HTTP_TLS_CERT ?? env.HTTP_TLS_KEY ?? env.HTTP_TLS_CA;
    if (wantsTls === undefined) return;
    for (const name of ['HTTP_TLS_CERT', 'HTTP_TLS_KEY'] as const) {
      if (env[name] !== undefined) continue;
      const message = 'the path of a PEM file, because another HTTP_TLS_ variable is set';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .transform((env): HttpConfig => {
    const { HTTP_TLS_CERT: cert, HTTP_TLS_KEY: key, HTTP_TLS_CA: ca } = env;
    const where = { host: env.HTTP_HOST, port: env.HTTP_PORT };
    if (cert === undefined || key === undefined) return where;
    return { ...where, tls: ca === undefined ? { cert, key } : { cert, key, ca } };
  });

/** `TRANSPORT_CERT`, `TRANSPORT_KEY`, `TRANSPORT_CA`: PEM files of the node's transport certificate, all required. */
export const mutualTlsConfig = z
  .object({
    TRANSPORT_CERT: readablePath.describe("the path of this node's transport certificate, PEM"),
    TRANSPORT_KEY: readablePath.describe("the path of the transport certificate's private key, PEM"),
    TRANSPORT_CA: readablePath.describe("the path of the network's certificate authority, PEM"),
  })
  .transform((env): MutualTlsFiles => ({
    cert: env.TRANSPORT_CERT,
    key: env.TRANSPORT_KEY,
    ca: env.TRANSPORT_CA,
  }));

/**
 * Where the server for other nodes listens: `PEER_HOST`, `PEER_PORT` (0 = a free one). Its certificate is the
 * transport certificate of {@link mutualTlsConfig}.
 */
export const peerHttpConfig = z
  .object({
    PEER_HOST: z
      .string()
      .default('127.0.0.1')
      .describe('the address to listen on for other nodes, e.g. 127.0.0.1'),
    PEER_PORT: portNumber.default(0).describe('a port from 0 to 65535 (0 = a free one)'),
  })
  .transform((env) => ({ host: env.PEER_HOST, port: env.PEER_PORT }));

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `LOG_LEVEL`, `info` unless given. */
export const logConfig = z
  .object({
    LOG_LEVEL: z
      .enum(LOG_LEVELS)
      .default('info')
      .describe(`one of ${LOG_LEVELS.join(', ')}`),
  })
  .transform((env): { readonly level: LogLevel } => ({ level: env.LOG_LEVEL }));

/** A URL, or several with commas between them, as a list; none when empty. */
export const urlList = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))
  .pipe(z.array(z.url()));
