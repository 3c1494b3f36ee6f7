import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareTopics, folderCopy, type RefusedPlace, type TopicsReport } from '#audit';
import { aNetwork, OwnTopic, TEST_NOW, TestClock, TestLog } from '#testing';
import { quorumPolicy } from '#tlog';
import { TopicsOnBroker, type AuditorsWord, type TopicPlace } from './topics-on-broker.ts';

const scratch = await mkdtemp(join(tmpdir(), 'import-'));
const network = await aNetwork().at(new TestClock(TEST_NOW)).founded();
const broker = new TopicsOnBroker(OwnTopic.broker());
afterAll(async () => {
  await broker.close();
  await rm(scratch, { recursive: true, force: true });
});

const bytesOf = (text: string): Buffer => Buffer.from(`<Event>${text}</Event>`);

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}

/** A member that nobody else has heard of, its outbox, and a log of what it has written. */
class Member {
  readonly ipa = `c_${randomUUID().slice(0, 8)}`;
  readonly log = new TestLog(network);
  outbox!: OwnTopic;

  static async withOutbox(partitions = 1): Promise<Member> {
    const member = new Member();
    member.outbox = await OwnTopic.make(`practice.outbox.${member.ipa}`, partitions);
    return member;
  }

  logs(...texts: readonly string[]): void {
    for (const text of texts)
      this.log.leaf(
        {
          kind: 'event',
          author: this.ipa,
          eventId: randomUUID(),
          practice: { owner: this.ipa, uuid: randomUUID() },
          position: null,
          type: 'practice.filed',
          time: new Date().toISOString(),
          sha256: createHash('sha256').update(bytesOf(text)).digest('hex'),
        },
        null,
      );
  }

  async sends(...texts: readonly string[]): Promise<void> {
    await this.outbox.send(texts.map(bytesOf));
  }

  /** @param handled the next offset of the auditor, which is asked when it is given */
  async compared(
    handled?: bigint,
    from: readonly TopicPlace[] = [],
    refused: RefusedPlace[] = [],
  ): Promise<TopicsReport> {
    const folder = await mkdtemp(join(scratch, 'copy-'));
    await this.log.writeTo(folder);
    const { topic } = this.outbox;
    const word: AuditorsWord | null =
      handled === undefined
        ? null
        : { handled: [{ topic, partition: 0, offset: handled }], refused: () => each(refused) };
    return await compareTopics({
      read: folderCopy(folder),
      policy: quorumPolicy(this.log.signer.verifier, [], 0),
      openTopics: () => broker.open({ topics: [topic], copies: false, from }, word),
      isEveryTopic: false,
      workFolder: await mkdtemp(join(scratch, 'work-')),
      now: () => new Date(),
    });
  }
}

const found = ({ findings }: TopicsReport) =>
  findings.listed.map(({ code, offset, index }) => [code, offset ?? index]);

describe('topics of a real broker against the log', () => {
  it('are the same, in every partition, with what was delivered twice; and no group stays behind', async () => {
    const member = await Member.withOutbox(2);
    member.logs('a', 'b', 'c', 'd');
    await member.outbox.send([bytesOf('a'), bytesOf('b')], 'one practice');
    await member.outbox.send([bytesOf('c'), bytesOf('d'), bytesOf('c')], 'and another');
    const report = await member.compared();
    expect(report).toMatchObject({ verdict: 'same', topics: [{ leaves: 4, onTopic: 4, missing: 0 }] });
    expect(report.partitions.reduce((sum, { records }) => sum + records, 0)).toBe(5);
    expect(report.partitions.reduce((sum, { repeated }) => sum + repeated, 0)).toBe(1);
    expect(await member.outbox.groups('audit-import')).toEqual([]);
  });

  it('lack what was deleted from them, and hold what was forged or altered', async () => {
    const member = await Member.withOutbox();
    member.logs('a', 'b', 'c', 'd');
    await member.sends('a', 'b', 'c altered', 'd', 'forged', 'refused');
    await member.outbox.deleteBefore(1);
    const refused = { partition: 0, offset: '5', code: 'SIGNATURE_INVALID' };
    const report = await member.compared(6n, [], [refused]);
    expect(found(report)).toEqual([
      ['TOPIC_RECORD_MISSING', 0],
      ['TOPIC_RECORD_MISSING', 2],
      ['TOPIC_RECORD_NOT_LOGGED', '2'],
      ['TOPIC_RECORD_NOT_LOGGED', '4'],
    ]);
    expect(report.partitions).toMatchObject([
      { low: '1', from: '1', to: '6', records: 5, inLog: 2, refused: 1, extra: 2, later: 0 },
    ]);
  });

  it('may hold what came after the checkpoint, and are read from where it was asked', async () => {
    const member = await Member.withOutbox();
    member.logs('a', 'b');
    await member.sends('a', 'b', 'later');
    const from = [{ topic: member.outbox.topic, partition: 0, offset: 1n }];
    const report = await member.compared(2n, from);
    expect(report).toMatchObject({
      verdict: 'same',
      partitions: [{ from: '1', records: 2, inLog: 1, later: 1 }],
    });
    expect(report.topics).toMatchObject([{ past: 1, onTopic: 1, missing: 0 }]);
  });

  it('are named: one that is not there, or that no log knows of, is refused', async () => {
    const wanted = { copies: false, from: [] };
    for (const topic of ['practice.outbox.nobody', 'practice.quarantine'])
      await expect(broker.open({ ...wanted, topics: [topic] }, null)).rejects.toMatchObject({
        code: 'TOPIC_UNKNOWN',
      });
  });
});
