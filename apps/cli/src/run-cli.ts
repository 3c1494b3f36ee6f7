import { CommanderError } from 'commander';
import { HubError } from '#errors';
import type { Answer } from './output/answer.ts';
import { failureOf, languageOf } from './output/failure.ts';
import { program } from './program.ts';

/** What the command line writes to. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

/** Commander ends this way when it was asked for help or the version. */
const HELP = new Set(['commander.helpDisplayed', 'commander.version', 'commander.help']);

/**
 * Runs one command line.
 * @param args without the names of Node and of the script
 * @returns the exit code: 0 done, 1 refused or not found, 2 wrong usage
 */
export async function runCli(
  args: readonly string[],
  terminal: Terminal,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const wantsJson = args.includes('--json');
  let exitCode = 0;
  const tell = (answer: Answer, json: boolean): void => {
    terminal.out(`${json ? JSON.stringify(answer.json, null, 2) : answer.text}\n`);
    exitCode = answer.exitCode ?? 0;
  };
  let complaint = '';
  const cli = program(tell, (text) => {
    complaint += text;
  });
  try {
    await cli.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && HELP.has(error.code) && error.exitCode === 0) return 0;
    const failure = failureOf(error instanceof CommanderError ? usage(complaint) : error, languageOf(env));
    if (wantsJson) terminal.out(`${JSON.stringify(failure.json, null, 2)}\n`);
    terminal.error(`${failure.text}\n`);
    return failure.exitCode;
  }
}

function usage(complaint: string): HubError {
  const lines = complaint
    .trim()
    .split('\n')
    .filter((line) => line !== '' && line !== '(see --help)');
  return new HubError('USAGE_INVALID', lines.join('\n').replace(/^error: /, '') || 'a command is missing');
}
