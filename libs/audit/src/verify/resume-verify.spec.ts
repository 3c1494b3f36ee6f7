import { appendFile, cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aNetwork } from '#testing';
import { logEntry, readLogEntry } from '#tlog';
import { archivePath } from '../index.ts';
import { coded, copies, found, notesOf } from './copies.fixture.ts';

const network = await aNetwork().small().founded();
const under = await copies(network);

function anAnchor(): Buffer {
  return logEntry({
    ...{ kind: 'access', author: 'c_d150', eventId: network.ids.uuidv7(), practice: null, position: null },
    ...{ type: 'access.anchored', time: '2026-01-02T03:04:59.000Z', sha256: 'ab'.repeat(32), size: 2 },
    root: Buffer.alloc(32, 7).toString('base64'),
    ...{ from: '2026-01-02T03:04:05.678Z', to: '2026-01-02T03:04:50.000Z' },
  }).bytes;
}

describe('a verification that was interrupted', () => {
  beforeEach(async () => {
    await under.aWholePractice();
    const sample = readLogEntry(under.log.leaves[0]!.entry);
    while (under.log.leaves.length < 600 && sample.kind === 'event')
      under.log.leaf({ ...sample, eventId: network.ids.uuidv7() }, null);
    // A double that only shows when what was read before the interruption is known after it.
    under.log.leaves[400] = under.log.leaves[100]!;
    // As do accesses under two anchors.
    for (const index of [150, 500]) under.log.leaves[index] = { entry: anAnchor(), signed: null };
    await under.log.writeTo(under.folder);
  });

  async function interrupted(): Promise<void> {
    const abort = new AbortController();
    const onProgress = (done: number) => {
      if (done >= 256) abort.abort();
    };
    await expect(under.verify({ signal: abort.signal, onProgress })).rejects.toThrow(
      coded('AUDIT_INTERRUPTED'),
    );
  }

  it('goes on where it stopped, and comes to the same report', async () => {
    await interrupted();
    // What was written after progress was kept last, before a process was killed, does not count.
    const records = join(under.state, 'work', 'keys', '0.records');
    await appendFile(records, (await readFile(records)).subarray(0, 64));
    const seen: number[] = [];
    const compared: number[][] = [];
    const report = await under.verify({
      onProgress: (done) => void seen.push(done),
      onCompared: (...far) => void compared.push(far),
    });
    expect(seen[0]).toBe(256);
    // A record of each leaf but those of accesses, which are about no event; and one of its position, where it has one.
    const [done = 0, of] = compared.at(-1) ?? [];
    expect([done > 500, of]).toEqual([true, done]);
    const whole = await under.verify({ stateFolder: join(under.state, 'other') });
    expect(found(whole)).toEqual({ AUDIT_LEAF_TWICE: 1 });
    expect(notesOf(whole)).toMatchObject({ 'accesses-overlap': 1 });
    expect(report).toEqual(whole);
    expect(await readdir(join(under.state, 'work'))).toEqual([]);
  });

  it('begins anew when the copy has changed since, even if only a file was put there again', async () => {
    await interrupted();
    const path = join(under.folder, archivePath({ index: 0, width: 256 }));
    await cp(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
    const seen: number[] = [];
    const report = await under.verify({ onProgress: (done) => void seen.push(done) });
    expect(seen[0]).toBe(0);
    expect(found(report)).toEqual({ AUDIT_LEAF_TWICE: 1 });
    expect(notesOf(report)).toMatchObject({ 'begun-anew': 1 });
  });

  it('does not run twice at a time over one state, and goes on after one that was killed', async () => {
    await writeFile(join(under.state, 'lock'), String(process.ppid));
    await expect(under.verify()).rejects.toThrow(coded('AUDIT_STATE_UNUSABLE'));
    await writeFile(join(under.state, 'lock'), '999999999');
    expect(found(await under.verify())).toEqual({ AUDIT_LEAF_TWICE: 1 });
    await appendFile(join(under.state, 'checkpoint'), 'x');
    await expect(under.verify()).rejects.toThrow(coded('AUDIT_STATE_UNUSABLE'));
  });
});
