import type { z } from 'zod';

import type { IdSource } from '#platform';

import { contentDigest, type AnswerOnce, type RepeatableCaller } from './idempotency/answer-once.ts';
import type { NewToken, TokenStore } from './token-store.ts';
import { derivedTokenText, TOKEN_BYTES } from './token-text.ts';
import { viewOf, type createdToken, type TokenView } from './token-view.ts';

export type MadeToken = z.output<typeof createdToken>;

/** What is remembered of the answer: everything but the text, which only the caller can derive again. */
interface KeptAnswer {
  readonly made: TokenView;
  /** Base64. */
  readonly salt: string;
}

/** Makes a token for a partner system, once per idempotency key. */
export class CreateToken {
  constructor(
    private readonly store: TokenStore,
    private readonly answers: AnswerOnce,
    private readonly ids: IdSource,
  ) {}

  /**
   * @param maker text of the token that asks
   * @throws HubError `IDEMPOTENCY_KEY_REUSED`
   */
  async run(token: NewToken, caller: RepeatableCaller, maker: string): Promise<MadeToken> {
    const { label, scopes } = token;
    const fields = new Map<string, readonly string[]>([
      ['label', [label]],
      ['scopes', scopes],
    ]);
    const attempt = { ...caller, contentDigest: contentDigest('POST /v1/tokens', fields) };
    const { answer } = await this.answers.run<KeptAnswer>(attempt, async (tx) => {
      const salt = this.ids.bytes(TOKEN_BYTES);
      const record = await this.store.insert(tx, derivedTokenText(maker, salt), token);
      return { made: viewOf(record), salt: salt.toString('base64') };
    });
    return { ...answer.made, token: derivedTokenText(maker, Buffer.from(answer.salt, 'base64')) };
  }
}
