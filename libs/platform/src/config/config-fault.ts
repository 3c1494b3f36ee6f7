import { z } from 'zod';

/** One thing that is wrong with one environment variable. */
export interface ConfigFault {
  readonly variable: string;
  /** "is not set", or "is …" with the value, masked when it may be a secret. */
  readonly got: string;
  readonly wants: string;
}

const SECRET_NAME = /TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL/i;
const LONGEST_SHOWN = 80;

/** Lists what Zod found wrong with one fragment, one fault for each variable. */
export function configFaults(
  schema: z.ZodType,
  error: z.ZodError,
  given: Readonly<Record<string, string | undefined>>,
): ConfigFault[] {
  return error.issues.map((issue) => {
    const variable = issue.path.length === 0 ? '(configuration)' : String(issue.path[0]);
    return {
      variable,
      got: describeGot(variable, given[variable]),
      wants: describeWanted(schema, variable, issue),
    };
  });
}

function describeGot(variable: string, value: string | undefined): string {
  return value === undefined ? 'is not set' : `is ${JSON.stringify(mask(variable, value))}`;
}

/** The value as it may be shown: nothing of a secret, no credentials of a URL, no key material. */
function mask(variable: string, value: string): string {
  // A pkcs11 URI that is refused may be one because it holds a PIN.
  if (SECRET_NAME.test(variable) || value.includes('-----BEGIN') || /pin-value/i.test(value)) return '***';
  // Greedy up to the last @, and without asking for "://": a mistyped URL still hides its password.
  const shown = value.includes('@') ? value.replace(/^(.*?:\/\/)?.*@/s, '$1***@') : value;
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
}

function describeWanted(schema: z.ZodType, variable: string, issue: z.core.$ZodIssue): string {
  // A refinement of ours says precisely what it wants; Zod's own sentences say less than the description.
  if (issue.code === 'custom') return issue.message;
  return variableSchema(schema, variable)?.description ?? issue.message;
}

function variableSchema(schema: unknown, variable: string): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, unknown>> = schema.shape;
    const found = shape[variable];
    return found instanceof z.ZodType ? found : undefined;
  }
  if (schema instanceof z.ZodPipe) return variableSchema(schema.in, variable);
  return undefined;
}
