import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cli, cliProcess, homeWith } from './cli.fixture.ts';
import { program } from './program.ts';

const errorDocument = z.strictObject({
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }),
});
const nothing = (): void => undefined;

describe('the command line', { timeout: 30_000 }, () => {
  it.for([
    ['nonsense'],
    ['practice'],
    ['practice', 'show'],
    ['practice', 'show', 'one', 'two'],
    ['practice', 'file', '--at', 'c_d150'],
    ['practice', 'list', '--limit', '0'],
    ['practice', 'list', '--unheard-of'],
    ['event', 'verify', '/no/such/file.xml'],
  ])('answers wrong usage (%s) with code 2, one JSON document and a text for people', async (args) => {
    const { code, out, err } = await cli([...args, '--json']);
    expect(code).toBe(2);
    const { error } = errorDocument.parse(JSON.parse(out));
    expect(['USAGE_INVALID', 'FILE_UNREADABLE']).toContain(error.code);
    expect(err).toContain(error.code);
    expect(err).toContain(error.remedy);
  });

  it('answers with code 1 where no network runs, and says how to start one', async () => {
    const { code, out, err } = await cliProcess([
      'practice',
      'show',
      'c_d150/2026/000001',
      '--home',
      '/tmp/nothing-here',
    ]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('NETWORK_NOT_RUNNING');
    expect(err).toContain('npm start');
  });

  it('takes the network file of a process that is gone for what it is', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const pid = child.pid ?? 0;
    await once(child, 'exit');
    const home = await homeWith({}, { up: { pid, started: '1', at: '2026-03-04T09:00:00.000Z' } });
    const { code, out } = await cli(['status', '--json', '--home', home]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NETWORK_NOT_RUNNING' } });
  });

  it('does not take another process with the same number for the one that ran the network', async () => {
    const home = await homeWith(
      {},
      { up: { pid: process.pid, started: '1', at: '2026-03-04T09:00:00.000Z' } },
    );
    const { out } = await cli(['status', '--json', '--home', home]);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NETWORK_NOT_RUNNING' } });
  });

  it('speaks Italian at an Italian terminal', async () => {
    const { err } = await cliProcess(['status', '--home', '/tmp/nothing-here'], { LC_ALL: 'it_IT.UTF-8' });
    expect(err).toContain('Nessuna rete è in esecuzione');
  });

  it('finds the folder by RESET_HUB_HOME, and a damaged network file has its own code', async () => {
    const home = await homeWith({});
    await writeFile(join(home, 'network.json'), '{"network":');
    const { out } = await cliProcess(['status', '--json'], { RESET_HUB_HOME: home });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NETWORK_FILE_INVALID' } });
  });

  it('keeps network.json, where the tokens are, to its owner', async () => {
    const home = await homeWith({});
    const path = join(home, 'network.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o600);
    expect(await readFile(path, 'utf8')).toContain('rh_router');
  });

  it('has help with examples and --json for every command', () => {
    const leaves = program(nothing, nothing).commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands : [command],
    );
    expect(leaves.length).toBeGreaterThan(18);
    for (const command of leaves) {
      const shown: string[] = [];
      command.configureOutput({ writeOut: (text) => shown.push(text) });
      command.outputHelp();
      expect(shown.join(''), command.name()).toContain('Examples:');
      expect(shown.join(''), command.name()).toContain('--json');
    }
  });

  it('shows help with code 0', async () => {
    const { code, out } = await cliProcess(['practice', 'file', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('reset-hub practice file --at c_d150');
  });
});
