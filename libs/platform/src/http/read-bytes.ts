import type { IncomingMessage } from 'node:http';

import { HubError } from '#errors';

/**
 * Reads the body of a request as it comes.
 *
 * @param limitBytes a longer body is refused, by its announced length before anything is read
 * @throws HubError `BODY_TOO_LARGE`, `BODY_CUT_OFF`
 */
export async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  try {
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    return await gather(request, limitBytes);
  } catch (error) {
    // What is left is read and thrown away, or the caller could not read the answer.
    request.resume();
    throw error;
  }
}

function tooLarge(limitBytes: number): HubError {
  return new HubError('BODY_TOO_LARGE', `the body may have at most ${limitBytes} bytes`, {
    details: { limitBytes },
  });
}

function gather(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limitBytes) reject(tooLarge(limitBytes));
  };
  const onEnd = (): void => {
    resolve(Buffer.concat(chunks));
  };
  const onCut = (cause?: unknown): void => {
    reject(new HubError('BODY_CUT_OFF', `the connection ended after ${size} bytes of the body`, { cause }));
  };
  request.on('data', onData).once('end', onEnd).once('error', onCut).once('close', onCut);
  return promise.finally(() => {
    request.off('data', onData).off('end', onEnd).off('close', onCut);
    // The error listener stays: a later error of a request that has its answer must not end the process.
  });
}
