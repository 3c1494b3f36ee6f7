import { describe, expect, it } from 'vitest';
import { logFilesConfig } from './files-config.ts';

describe('the folders of the log’s files', () => {
  it('are none, one or two', () => {
    expect(logFilesConfig.parse({})).toEqual([]);
    const [LOG_DIR, LOG_DIR_WITH_ENTRIES] = ['/srv/log', '/srv/log-with-entries'];
    expect(logFilesConfig.parse({ LOG_DIR, LOG_DIR_WITH_ENTRIES })).toMatchObject([
      { path: LOG_DIR, entries: false },
      { path: LOG_DIR_WITH_ENTRIES, entries: true },
    ]);
  });

  it('are not one folder for both, which would show entries to whoever may read hashes', () => {
    for (const [one, other] of [
      ['/srv/log', '/srv/log'],
      ['/srv/log', '/srv/./log/'],
    ]) {
      const env = { LOG_DIR: one, LOG_DIR_WITH_ENTRIES: other };
      expect(logFilesConfig.safeParse(env).error?.issues).toMatchObject([{ path: ['LOG_DIR_WITH_ENTRIES'] }]);
    }
  });
});
