import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, type Environment } from '#platform';
import { formatSkey, formatWitnessSkey, noteSigner } from '#tlog';
import { readWitness, witnessConfig, type WitnessSettings } from './witness-config.ts';

const dir = mkdtempSync(join(tmpdir(), 'witness-'));
const seed = Buffer.alloc(32, 7);
const log = noteSigner('log.example/one', seed).verifier.vkey;
const next = noteSigner('log.example/one', Buffer.alloc(32, 8)).verifier.vkey;

afterAll(() => {
  rmSync(dir, { recursive: true });
});

function keyFile(skey: string): string {
  const file = join(dir, 'witness.skey');
  writeFileSync(file, `${skey}\n`);
  return file;
}

function read(env: Environment): WitnessSettings | null {
  return readWitness(loadConfig({ witness: witnessConfig }, env).witness);
}

describe('a witness', () => {
  it('has its key and the logs that it follows, one log for all keys of a name', () => {
    const skey = formatWitnessSkey('log.example/one/witness/p_cr', seed);
    const witness = read({ WITNESS_KEY_FILE: keyFile(skey), WITNESS_LOGS: ` ${log}\n${next} ` });
    expect(witness?.cosigner.verifier.name).toBe('log.example/one/witness/p_cr');
    expect(witness?.logs.map(({ origin, keys }) => [origin, keys.length])).toEqual([['log.example/one', 2]]);
  });

  it('is none without a key', () => {
    expect(read({})).toBeNull();
  });

  it.each([
    ['logs without a key', { WITNESS_LOGS: log }, /WITNESS_KEY_FILE .*because WITNESS_LOGS is set/],
    [
      'what is no vkey',
      { WITNESS_LOGS: 'log.example', WITNESS_KEY_FILE: import.meta.filename },
      /vkeys of logs/,
    ],
    [
      'a file that is not there',
      { WITNESS_KEY_FILE: join(dir, 'none') },
      /WITNESS_KEY_FILE.* a file that this/,
    ],
  ])('is not configured with %s', (_, env, message) => {
    expect(() => read(env)).toThrow(message);
  });

  it('takes neither a log’s key nor a name that cannot stand in a signed action', () => {
    const malformed = expect.objectContaining({ code: 'LOG_KEY_MALFORMED' }) as Error;
    for (const skey of [formatSkey('w.example', seed), formatWitnessSkey('città.example', seed)])
      expect(() => read({ WITNESS_KEY_FILE: keyFile(skey) })).toThrow(malformed);
  });
});
