import { describe, expect, inject, it } from 'vitest';
import { TestNetwork, type Filed } from '../support/network.ts';
import { until, WITHIN_MS } from '../support/until.ts';

const FORM = 'contracts/catalogue/cremona/examples/edilizia.scia.xml';

const network = TestNetwork.at(inject('home'));

interface Told {
  readonly log: {
    readonly required: number;
    readonly witnesses: readonly { readonly vkey: string | null }[];
  };
  readonly checked: { readonly size: number; readonly by: readonly { readonly name: string }[] } | null;
}

interface Proof {
  readonly index: number;
  readonly size: number;
  readonly proof: string;
}

describe('the witnesses of the log', () => {
  it('are the members’ own nodes: a majority has cosigned a filing soon after it is in the log, and its receipt says so', async () => {
    const { members } = await network.file();
    const filed = await network.json<Filed>(
      ...['practice', 'file', '--at', 'c_d150', '--procedure', 'edilizia.scia', '--form', FORM],
    );
    const leaf = await network.json<Proof>('audit', 'proof', filed.eventId, '--wait', '30');
    // Checked by the command, with the keys of network.json and not with those that the log names.
    const told = await until('the filing is witnessed', WITHIN_MS, async () => {
      const { code, stdout } = await network.hub('audit', 'witnesses', '--json');
      const answer = JSON.parse(stdout) as Told;
      return code === 0 && (answer.checked?.size ?? 0) > leaf.index ? answer : undefined;
    });
    expect(told.log.witnesses.filter(({ vkey }) => vkey !== null)).toHaveLength(members.length);
    expect(told.checked?.by.length).toBeGreaterThanOrEqual(told.log.required);
    const { proof } = await network.json<Proof>('audit', 'proof', filed.eventId);
    const signatures = proof.split('\n').filter((line) => line.startsWith('— '));
    expect(signatures.length).toBeGreaterThan(told.log.required);
  });
});
