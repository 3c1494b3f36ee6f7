import type { z } from 'zod';

import { HubError } from '#errors';

import { configFaults } from './config-fault.ts';

/**
 * A part of the configuration: a Zod object whose keys are names of environment variables, usually followed by a
 * `transform` into the shape that the code wants. Give each variable a `.describe('…')` as its last call: it is what a
 * fault says is wanted.
 */
export type ConfigFragment = z.ZodType;

/** What the environment gives: text or nothing. An empty text counts as nothing. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type LoadedConfig<Fragments extends Record<string, ConfigFragment>> = {
  readonly [Name in keyof Fragments]: z.output<Fragments[Name]>;
};

/**
 * Reads every fragment from the environment.
 *
 * @returns an object with the parsed value of each fragment under the fragment's name
 * @throws HubError `CONFIG_INVALID`, once, with every fault of every fragment: `details.faults` is a list of
 *   `{variable, got, wants}`, secrets masked
 */
export function loadConfig<Fragments extends Record<string, ConfigFragment>>(
  fragments: Fragments,
  env: Environment,
): LoadedConfig<Fragments> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const results = Object.entries(fragments).map(([name, schema]) => ({
    name,
    schema,
    result: schema.safeParse(given),
  }));
  const faults = results.flatMap(({ schema, result }) =>
    result.success ? [] : configFaults(schema, result.error, given),
  );
  if (faults.length > 0) {
    // Two fragments may share a variable; its fault is told once.
    const unique = [...new Map(faults.map((fault) => [`${fault.variable} ${fault.wants}`, fault])).values()];
    const lines = unique.map(({ variable, got, wants }) => `${variable} ${got}; wants ${wants}`);
    throw new HubError('CONFIG_INVALID', lines.join('\n'), { details: { faults: unique } });
  }
  return Object.fromEntries(
    results.map(({ name, result }) => [name, result.data]),
  ) as LoadedConfig<Fragments>;
}
