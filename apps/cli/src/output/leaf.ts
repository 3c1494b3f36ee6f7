import { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { homeOf } from '../network/home.ts';
import type { Answer } from './answer.ts';

/** What every command is told beside its own options. */
export interface Call<Options> {
  readonly options: Options;
  /** Positional arguments, in order; commander has refused missing and surplus ones. */
  readonly args: readonly string[];
  /** The network's folder, absolute. */
  readonly home: string;
  readonly json: boolean;
}

/** Prints what a command has to say. */
export type Tell = (answer: Answer, json: boolean) => void;

interface LeafText {
  readonly description: string;
  /** Whole command lines without the program's name. */
  readonly examples: readonly string[];
}

/** A command that does something: with `--json`, `--home` and examples in its help. */
export function leaf(nameAndArguments: string, { description, examples }: LeafText): Command {
  const [name, ...positionals] = nameAndArguments.split(' ');
  const command = new Command(name);
  for (const positional of positionals) command.argument(positional);
  return command
    .description(description)
    .option('--json', 'one JSON document on standard output, nothing else there')
    .option('--home <dir>', "the network's folder (RESET_HUB_HOME, or .data, when absent)")
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ reset-hub ${line}`).join('\n')}\n`);
}

const common = z.object({ json: z.boolean().default(false), home: z.string().optional() });

/**
 * What commander calls for a command: options are checked against `shape`, the answer goes to `tell`. A command that
 * has told its answer already gives none.
 * @throws HubError `USAGE_INVALID` for options of the wrong form, and what `run` throws
 */
export function answering<Shape extends z.ZodType>(
  shape: Shape,
  tell: Tell,
  run: (call: Call<z.output<Shape>>) => Promise<Answer | undefined>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1);
    if (!(command instanceof Command)) throw new HubError('INTERNAL_ERROR', 'commander gave no command');
    const given: unknown = command.opts();
    const { json, home } = common.parse(given);
    const options = parseOptions(shape, given);
    const answer = await run({ options, args: command.args, home: homeOf(home, process.env), json });
    if (answer !== undefined) tell(answer, json);
  };
}

function parseOptions<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) =>
      `--${path
        .map(String)
        .join('.')
        .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${message}`,
  );
  throw new HubError('USAGE_INVALID', faults.join('\n'));
}

/** Adds one more value to an option that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Text that may not be empty. */
export const text = z.string().min(1, 'may not be empty');
/** An option that may be repeated. */
export const texts = z.array(text).default([]);
