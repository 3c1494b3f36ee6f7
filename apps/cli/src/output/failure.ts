import { z } from 'zod';
import { HubError, type ErrorCode, type Language } from '#errors';

/** Codes of a command that was written wrong, or of a question that nothing can be answered to: exit code 2. Anything else is refused or not found: 1. */
const USAGE: ReadonlySet<ErrorCode> = new Set(['USAGE_INVALID', 'FILE_UNREADABLE', 'AUDIT_NOT_JUDGED']);

export interface Failure {
  readonly exitCode: 1 | 2;
  /** The document of `--json`. */
  readonly json: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly details?: Readonly<Record<string, unknown>>;
    };
  };
  /** For people, on standard error. */
  readonly text: string;
}

/** How an error ends a command. */
export function failureOf(error: unknown, language: Language): Failure {
  const known =
    error instanceof HubError
      ? error
      : new HubError(
          'INTERNAL_ERROR',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        );
  const { code, message, details, policy } = known;
  const remedy = policy.remedy[language];
  // A list of faults says all that the message says.
  const listed = faults(details);
  const said = listed.length === 0 ? message.split('\n').map((line) => `  ${line}`) : listed;
  return {
    exitCode: USAGE.has(code) ? 2 : 1,
    json: {
      error: { code, message, remedy, ...(Object.keys(details).length === 0 ? {} : { details }) },
    },
    text: [`${code}: ${policy[language]}`, ...said, remedy].join('\n'),
  };
}

const formFault = z.object({ line: z.number(), xpath: z.string(), reason: z.string() });

/** Faults that an answer lists one by one: of a form (line, XPath, reason) or of a request's fields. */
function faults({ errors }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map((fault: unknown) => {
    const { data } = formFault.safeParse(fault);
    return data === undefined
      ? `  - ${JSON.stringify(fault)}`
      : `  - line ${data.line}, ${data.xpath}: ${data.reason}`;
  });
}

/** The language of the terminal: Italian or, for every other one, English. */
export function languageOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): Language {
  const set = [LC_ALL, LC_MESSAGES, LANG].find((value) => value !== undefined && value !== '');
  return set?.startsWith('it') === true ? 'it' : 'en';
}
