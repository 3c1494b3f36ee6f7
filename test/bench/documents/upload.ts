/** A filing whose attachments are made while they are sent: the caller holds none of them. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { RunningNode } from '../../support/network.ts';

const BOUNDARY = 'between-the-parts-of-a-bench';
const PIECE = 1024 * 1024;
const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

export interface Attachments {
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
}

/** @returns the practice's id */
export async function file(node: RunningNode, { count, size }: Attachments): Promise<string> {
  const post = request(new URL('/v1/practices', node.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${node.token}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    },
  });
  const answered = once(post, 'response') as Promise<[IncomingMessage]>;
  const send = async (bytes: Buffer | string): Promise<void> => {
    if (!post.write(bytes)) await once(post, 'drain');
  };
  await send(`${head('procedure')}edilizia.scia\r\n`);
  await send(`${head('form', 'modulo.xml')}${await readFile(FORM, 'utf8')}\r\n`);
  for (let number = 0; number < count; number += 1) {
    await send(head('attachment', `allegato-${number}.bin`));
    for (let at = 0; at < size; at += PIECE)
      await send(Buffer.alloc(Math.min(PIECE, size - at), `${number} at ${at}. `));
    await send('\r\n');
  }
  post.end(`--${BOUNDARY}--\r\n`);
  const [answer] = await answered;
  const said = await json(answer);
  if (answer.statusCode !== 201) throw new Error(`filing: ${answer.statusCode} ${JSON.stringify(said)}`);
  return (said as { readonly practiceId: string }).practiceId;
}

function head(name: string, fileName?: string): string {
  const named = fileName === undefined ? '' : `; filename="${fileName}"`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n\r\n`;
}
