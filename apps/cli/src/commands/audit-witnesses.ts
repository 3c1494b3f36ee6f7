import type { Command } from 'commander';
import { z } from 'zod';
import { readNetwork } from '../network/network-file.ts';
import { clientOf } from '../network/nodes.ts';
import { answering, leaf, text, type Tell } from '../output/leaf.ts';
import { table } from '../output/table.ts';
import { writeOut } from '../output/write-out.ts';
import { askEveryMember } from '../practices/every-member.ts';
import {
  isOpen,
  logStanding,
  standingInWords,
  witnessAnswer,
  type Finding,
  type LogStanding,
} from '../witnesses/witness-shapes.ts';

const options = z.object({ policy: text.optional() });

type FoundAt = Finding & { readonly at: string };

/** `audit witnesses`: who has cosigned the log, and what witnesses have refused. */
export function auditWitnesses(tell: Tell): Command {
  return leaf('witnesses', {
    description:
      'Who has cosigned the log, checked here, and what witnesses hold against it; 1 if something has to be looked at',
    examples: ['audit witnesses', 'audit witnesses --policy witnesses.policy'],
  })
    .option('--policy <file>', 'write the log and its witnesses as a policy (c2sp.org/tlog-policy)')
    .action(
      answering(options, tell, async ({ options: { policy: out }, home }) => {
        const network = await readNetwork(home);
        const { checkWitnessed, policyOf, policyText } = await import('../witnesses/check-witnessed.ts');
        const [standing, asked] = await Promise.all([
          clientOf(network.auditor).get('/v1/witnesses', logStanding),
          askEveryMember(network, (node) => node.get('/v1/witness', witnessAnswer)),
        ]);
        const policy = policyOf(network, standing.required);
        const checked = await checkWitnessed(network, policy);
        const findings = asked.answers.flatMap(({ member, value }) =>
          value.findings.map((finding) => ({ at: member.ipa, ...finding })),
        );
        const file = out === undefined ? null : await writeOut(out, policyText(policy));
        const isWell =
          checked !== null && standing.contradictions.length === 0 && !findings.some((one) => isOpen(one));
        return {
          json: { log: standing, checked, findings, unreachable: asked.unreachable, policy: file },
          text: inWords(standing, findings, asked.unreachable),
          exitCode: isWell ? 0 : 1,
        };
      }),
    );
}

function inWords(
  standing: LogStanding,
  findings: readonly FoundAt[],
  unreachable: readonly { readonly authority: string; readonly code: string }[],
): string {
  const witnesses = standing.witnesses.map((one) => [
    one.holder,
    one.vkey === null ? 'no witness' : String(one.cosignedSize ?? '-'),
    one.cosignedAt ?? '-',
    one.silentSince ?? '-',
    one.code ?? '-',
  ]);
  const contradictions = standing.contradictions.map(
    ({ code, witness, theirsSize, oursSize, foundAt }) =>
      `${code}: since ${foundAt} the log stands still. ${witness} has its checkpoint of ${theirsSize}; the auditor's database was at ${oursSize}`,
  );
  const found = findings.map((one) => [
    one.at,
    one.kind,
    `${one.earlierSize ?? '-'} / ${one.laterSize}`,
    one.foundAt,
    String(one.times),
    isOpen(one) ? 'open' : one.settledAt === null ? 'acknowledged' : 'settled',
    one.id,
  ]);
  return [
    standingInWords(standing),
    table(['witness', 'cosigned', 'when', 'silent since', 'why'], witnesses),
    ...contradictions,
    ...(found.length === 0
      ? ['no witness has refused the log']
      : [table(['at', 'refused for', 'sizes', 'found', 'times', 'status', 'id'], found)]),
    ...unreachable.map(({ authority, code }) => `${authority} could not be asked: ${code}`),
  ].join('\n\n');
}
