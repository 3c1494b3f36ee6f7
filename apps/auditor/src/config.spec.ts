import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatSkey } from '#tlog';
import { readLogSigner } from './config.ts';

const dir = mkdtempSync(join(tmpdir(), 'auditor-'));
const LOG_KEY_FILE = join(dir, 'log.skey');
const ORIGIN = 'test.reset-hub.example/log';
writeFileSync(LOG_KEY_FILE, `${formatSkey(ORIGIN, randomBytes(32))}\n`);

afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe('the log’s key', () => {
  it('is read from its file when it bears the name of the log', () => {
    expect(readLogSigner({ LOG_ORIGIN: ORIGIN, LOG_KEY_FILE }).verifier.name).toBe(ORIGIN);
  });

  it('is refused when it bears another name', () => {
    const read = (): unknown => readLogSigner({ LOG_ORIGIN: 'another.example/log', LOG_KEY_FILE });
    expect(read).toThrow(expect.objectContaining({ code: 'LOG_KEY_NOT_OF_LOG' }) as Error);
  });
});
