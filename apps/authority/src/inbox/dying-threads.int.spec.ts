import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { VerifierPool } from '#evidence';
import { dieOf, DYING_VERIFIER } from '#testing';
import { realNetwork, TestNode } from '../authority.fixture.ts';
import { TestInbox } from '../inbox.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'dying-threads-'));
const verifier = new VerifierPool({ threads: 1, program: DYING_VERIFIER });
const inbox = await TestInbox.of(await TestNode.start(await realNetwork(), 'p_cr', { verifier }));

afterAll(async () => {
  await verifier.close();
  rmSync(home, { recursive: true });
});

it.each(['decision', 'event'])(
  'a thread that dies while it checks the %ss of a batch loses none and doubles none',
  async (which) => {
    const { practice, records } = await inbox.practice(11);
    const victim = records[3]!;
    dieOf(which === 'event' ? victim.value : victim.headers['hub_decision']!, 'once', join(home, which));
    const outcomes = await inbox.receive(...records);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(12).fill('done'));
    const timeline = await inbox.timeline(practice);
    expect(timeline.map((line) => line.split(' ')[0])).toEqual(
      Array.from({ length: 12 }, (_, index) => String(index + 1)),
    );
    expect((await inbox.receive(...records)).map(({ kind }) => kind)).toEqual(Array(12).fill('done'));
    expect(await inbox.timeline(practice)).toEqual(timeline);
  },
);
