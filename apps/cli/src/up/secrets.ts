import { createHash, randomBytes } from 'node:crypto';
import { readRemembered, remember } from './remembered.ts';

/** Bytes of randomness in a token's text (`rh_` and base64url). */
const TOKEN_BYTES = 32;

/** Texts of tokens that a network keeps for its own operator, in one file of mode 0600. */
export class Secrets {
  readonly #path: string;
  readonly #tokens: Record<string, string>;

  private constructor(path: string, tokens: Record<string, string>) {
    this.#path = path;
    this.#tokens = tokens;
  }

  static async open(path: string): Promise<Secrets> {
    const known = Object.entries(await readRemembered(path)).map(([name, value]) => [name, String(value)]);
    return new Secrets(path, Object.fromEntries(known) as Record<string, string>);
  }

  get(name: string): string | undefined {
    return this.#tokens[name];
  }

  async put(name: string, token: string): Promise<void> {
    this.#tokens[name] = token;
    await remember(this.#path, this.#tokens);
  }

  /** The operator's token of each node, made the first time. */
  async adminTokens(nodes: readonly string[]): Promise<Readonly<Record<string, string>>> {
    for (const node of nodes) this.#tokens[node] ??= `rh_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    await remember(this.#path, this.#tokens);
    return Object.fromEntries(nodes.map((node) => [node, this.#tokens[node] ?? '']));
  }
}

/** What a node is told of its operator's token. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token, 'ascii').digest('hex');
}
