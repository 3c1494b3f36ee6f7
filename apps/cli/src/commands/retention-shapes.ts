import { Option, type Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readInput } from '../network/read-input.ts';
import { readNetwork } from '../network/network-file.ts';
import { memberAt } from '../network/nodes.ts';
import { text } from '../output/leaf.ts';
import { fields } from '../output/table.ts';
import { RestClient } from '../rest/rest-client.ts';

/** As `GET /v1/retention/plan` answers. */
export const planShape = z.looseObject({
  periods: z.array(z.looseObject({ procedure: z.string(), basis: z.string() })).nullable(),
  sealed: z.boolean(),
  practices: z.number(),
  documents: z.number(),
  bytes: z.number(),
  more: z.boolean(),
  due: z.array(
    z.looseObject({
      cui: z.string(),
      procedure: z.string(),
      closedAt: z.string(),
      dueSince: z.string(),
      basis: z.string(),
      documents: z.number(),
      bytes: z.number(),
    }),
  ),
});
export type Plan = z.output<typeof planShape>;

/** A request as the node shows it. */
export const requestShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  requestedAt: z.string(),
  requestedBy: z.string().nullable(),
  act: z.string(),
  reason: z.string(),
  expiresAt: z.string(),
  decidedAt: z.string().nullable(),
  decidedBy: z.string().nullable(),
  note: z.string().nullable(),
  destroyedAt: z.string().nullable(),
  appliedAt: z.string().nullable(),
  practices: z.number(),
  documents: z.number(),
  bytes: z.number(),
  spared: z.number(),
});
export type RetentionRequest = z.output<typeof requestShape>;

/** Options of every command that a person gives at one authority. */
export const personShape = { at: text, tokenFile: text.optional(), idempotencyKey: text.optional() };

/** Adds them. */
export function asPerson(command: Command): Command {
  return command
    .requiredOption('--at <ipa>', 'the IPA code of the authority')
    .addOption(
      new Option(
        '--token-file <file>',
        "the token of whoever acts, with scope retention; the network's own when absent",
      ),
    );
}

/** The REST client of an authority for the person whose token is in the file. */
export async function clientFor(
  home: string,
  { at, tokenFile }: { readonly at: string; readonly tokenFile?: string | undefined },
): Promise<RestClient> {
  const { name, url, token } = memberAt(await readNetwork(home), at);
  if (tokenFile === undefined) return new RestClient(name, url, token);
  const own = (await readInput(tokenFile)).toString().trim();
  if (/^\S+$/.test(own)) return new RestClient(name, url, own);
  throw new HubError('USAGE_INVALID', `--token-file: ${tokenFile} holds no token`);
}

/** A request in words. */
export function requestInWords(request: RetentionRequest): string {
  const { decidedAt, decidedBy, note, spared, destroyedAt, appliedAt } = request;
  const size = `${request.documents} documents of ${request.practices} practices, ${request.bytes} bytes`;
  return fields({
    request: request.id,
    status: request.status,
    what: spared === 0 ? size : `${size}; ${spared} practices spared`,
    act: request.act,
    reason: request.reason,
    asked: `${request.requestedAt} by ${request.requestedBy ?? '?'}`,
    ...(decidedAt === null
      ? { expires: request.expiresAt }
      : { decided: `${decidedAt} by ${decidedBy ?? '?'}` }),
    ...(note === null ? {} : { note }),
    ...(destroyedAt === null ? {} : { 'keys destroyed': destroyedAt }),
    ...(appliedAt === null ? {} : { 'files removed': appliedAt }),
  });
}
