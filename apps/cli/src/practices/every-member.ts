import { HubError } from '#errors';
import type { Member, Network } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import type { RestClient } from '../rest/rest-client.ts';

/** A member that could not be asked. */
export interface Unreachable {
  readonly authority: string;
  readonly code: string;
  readonly message: string;
}

export interface Answers<T> {
  readonly answers: readonly { readonly member: Member; readonly value: T }[];
  readonly unreachable: readonly Unreachable[];
}

/** Asks every member at once. One that fails is named, and the others' answers count. */
export async function askEveryMember<T>(
  network: Network,
  ask: (node: RestClient, member: Member) => Promise<T>,
): Promise<Answers<T>> {
  const asked = await Promise.all(
    network.members.map(async (member) => {
      try {
        return { answers: [{ member, value: await ask(clientOf(member), member) }], unreachable: [] };
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        const { code, message } = error;
        return { answers: [], unreachable: [{ authority: member.ipa, code, message }] };
      }
    }),
  );
  return {
    answers: asked.flatMap(({ answers }) => answers),
    unreachable: asked.flatMap(({ unreachable }) => unreachable),
  };
}
