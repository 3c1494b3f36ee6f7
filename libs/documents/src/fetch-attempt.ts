import { request, type Dispatcher } from 'undici';

import { HubError } from '#errors';

import type { PartialDocument, StoredDocument } from './document-store.ts';
import type { FetchOrder, FetchSource, SourceProblem } from './fetch-types.ts';
import { decodeExtended } from './file-name.ts';
import { DECISION_HEADER, documentUrl, entityTag, NAME_HEADER } from './node-protocol.ts';
import { problemOfConnection, problemOfStatus, readAnswer } from './source-answer.ts';

export interface AttemptContext {
  readonly partial: PartialDocument;
  readonly source: FetchSource;
  readonly order: FetchOrder;
  readonly dispatcher: Dispatcher;
  readonly idleTimeoutMs: number;
  /** A source that gives less than `LEAST_BYTES` in so many milliseconds is as good as away. */
  readonly paceMs: number;
  readonly signal?: AbortSignal;
}

/** How one request ended. `cut`: the connection broke after content began to flow. */
export type Attempt =
  | { readonly kind: 'complete'; readonly document: StoredDocument }
  | { readonly kind: 'cut'; readonly problem: SourceProblem }
  | { readonly kind: 'ended'; readonly problem: SourceProblem };

type Answer = Dispatcher.ResponseData;

/** An answer without content is read up to so many bytes, so that the connection can be used again. */
const DISCARDED_BYTES = 65_536;

/** What a source must give within `paceMs`: who trickles would keep a place, and others from theirs, for ever. */
const LEAST_BYTES = 65_536;

/** One request to one source, from where the document stands. Faults of this node's disk are thrown. */
export async function attempt(context: AttemptContext): Promise<Attempt> {
  const { partial, source, signal } = context;
  let answer: Answer;
  try {
    answer = await ask(context);
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'ended', problem: wrongContent(source, error) ?? problemOfConnection(source, error) };
  }
  // A body that is destroyed before anyone reads it speaks of it in an event.
  answer.body.on('error', () => undefined);
  if (answer.statusCode !== 200 && answer.statusCode !== 206) {
    await answer.body.dump({ limit: DISCARDED_BYTES }).catch(() => undefined);
    return { kind: 'ended', problem: problemOfStatus(source, answer.statusCode) };
  }
  try {
    await begin(context, answer);
    const cut = await receive(context, answer);
    if (cut !== undefined) {
      return { kind: cut.tooSlow ? 'ended' : 'cut', problem: problemOfConnection(source, cut.cause) };
    }
    return { kind: 'complete', document: await partial.complete() };
  } catch (error) {
    answer.body.destroy();
    const problem = wrongContent(source, error);
    if (problem === undefined) throw error;
    if (problem.error.code === 'DOCUMENT_TOO_LARGE') await partial.reset();
    return { kind: 'ended', problem };
  }
}

async function ask(context: AttemptContext): Promise<Answer> {
  const { partial, source, order, dispatcher, idleTimeoutMs, signal } = context;
  const url = documentUrl(source.nodeUrl, order.key);
  if (url.protocol !== 'https:') {
    throw new HubError('DOCUMENT_SOURCE_INVALID', `the address of ${source.holder} is not https`);
  }
  return request(url, {
    dispatcher,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
    headers: {
      'accept-encoding': 'identity',
      'if-match': entityTag(order.saltedDigest),
      [DECISION_HEADER]: order.decision.toString('base64'),
      ...(partial.offset > 0 ? { range: `bytes=${partial.offset}-` } : {}),
    },
  });
}

/** Prepares for what the source is going to send: the rest, or the whole anew. */
async function begin({ partial, source, order }: AttemptContext, answer: Answer): Promise<void> {
  const content = readAnswer(source, order, answer.statusCode, answer.headers, partial.offset);
  const goesOn = content.offset > 0;
  if (!goesOn) return partial.begin(content.salt, nameOf(answer));
  if (partial.salt?.equals(content.salt) === true) return;
  // One of the two salts is false, and only the whole content can tell which.
  await partial.reset();
  throw new HubError(
    'DOCUMENT_DIGEST_MISMATCH',
    `${source.holder} sent another salt than the bytes held have`,
  );
}

interface Cut {
  readonly cause: unknown;
  /** It was this node that gave up: the next source may be faster. */
  readonly tooSlow: boolean;
}

/** Takes the content in; undefined when it is all there, otherwise what cut it off. */
async function receive(
  { partial, order, paceMs, signal }: AttemptContext,
  answer: Answer,
): Promise<Cut | undefined> {
  let [since, bytesSince] = [performance.now(), 0];
  try {
    for await (const bytes of answer.body as AsyncIterable<Buffer>) {
      await partial.append(bytes);
      bytesSince += bytes.length;
      if (performance.now() - since < paceMs || partial.offset === order.size) continue;
      if (bytesSince < LEAST_BYTES) {
        const cause = Object.assign(new Error(`${bytesSince} bytes in ${paceMs} ms`), { code: 'TOO_SLOW' });
        return { cause, tooSlow: true };
      }
      [since, bytesSince] = [performance.now(), 0];
    }
  } catch (error) {
    if (error instanceof HubError) throw error;
    signal?.throwIfAborted();
    return { cause: error, tooSlow: false };
  }
  if (partial.offset === order.size) return undefined;
  const cause = new Error(`the content ended at byte ${partial.offset} of ${order.size}`);
  return { cause, tooSlow: false };
}

function nameOf(answer: Answer): string | null {
  const header = answer.headers[NAME_HEADER];
  return typeof header === 'string' ? decodeExtended(header) : null;
}

/** The source's fault, if the error is one; a full disk and the like are ours. */
function wrongContent(source: FetchSource, error: unknown): SourceProblem | undefined {
  if (!(error instanceof HubError)) return undefined;
  const { code } = error;
  if (
    code !== 'DOCUMENT_DIGEST_MISMATCH' &&
    code !== 'DOCUMENT_TOO_LARGE' &&
    code !== 'DOCUMENT_SOURCE_INVALID'
  ) {
    return undefined;
  }
  return { source: source.holder, kind: 'wrong', error };
}
