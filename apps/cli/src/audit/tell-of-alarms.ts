import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RoundReport, WatchState } from '#audit';

/** A program that takes longer is ended, milliseconds. */
const MOST_MS = 60_000;

/**
 * Runs the operator's program for alarms that it was not told of yet. It is run by itself, without a shell and without
 * arguments: what a log says, it says on standard input, as JSON, where nothing of it is taken for a command. Of the environment it gets
 * PATH, HOME and the language, and no token. It counts as told when the program ends with 0; otherwise it is run again in the next round.
 */
export async function tellOfAlarms(
  program: string,
  state: WatchState,
  { log }: RoundReport,
  now: Date,
): Promise<void> {
  const news = state.alarms.open.filter(({ toldAt }) => toldAt === null);
  if (news.length === 0) return;
  const told = `${JSON.stringify({ log, folder: state.folder, alarms: news })}\n`;
  const problem = await run(program, told);
  if (problem === null) {
    for (const { id } of news) state.alarms.told(id, now);
    await state.save();
  } else process.stderr.write(`${program}: ${problem}\n`);
}

/** @returns what went wrong; null if nothing did */
async function run(program: string, input: string): Promise<string | null> {
  const { PATH = '', HOME = '', LANG = '' } = process.env;
  const child = spawn(program, [], {
    shell: false,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH, HOME, LANG },
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
  });
  // A program that does not read is no error of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code === 0 ? null : `ended with ${code ?? signal ?? 'nothing'}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
