import { randomUUID } from 'node:crypto';
import { CreateToken, type MadeToken, type Scope } from '#access';
import type { HttpApp } from '#platform';

/** A token of a running application, as an operator would make it. */
export function makeToken({ app }: HttpApp, ...scopes: readonly Scope[]): Promise<MadeToken> {
  const operator = { tokenId: randomUUID(), key: null };
  return app.get(CreateToken).run({ label: randomUUID(), scopes }, operator, 'the operator’s token');
}
