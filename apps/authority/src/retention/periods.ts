import { readFileSync } from 'node:fs';
import { PARTS } from '#contracts';
import { readablePath } from '#platform';
import { z } from 'zod';

const keep = z.union([
  z.literal('for-ever'),
  z
    .strictObject({
      years: z.number().int().min(0).optional(),
      months: z.number().int().min(0).optional(),
      days: z.number().int().min(0).optional(),
    })
    .refine((given) => Object.keys(given).length > 0, 'one of years, months, days'),
]);

const periodsFile = z.strictObject({
  periods: z
    .array(
      z.strictObject({
        /** A procedure's code; `*` stands for any text. */
        procedure: z.string().regex(/^[A-Za-z0-9._*-]{1,100}$/),
        /** This body's part in the practice; any, if absent. */
        part: z.enum(PARTS).optional(),
        keep,
        /** Where that is laid down: a line of the massimario di conservazione e scarto. */
        basis: z.string().min(1).max(300),
      }),
    )
    .min(1),
});

/** How long documents of practices of a kind are kept once the practice is closed. */
export interface RetentionPeriod {
  readonly procedure: string;
  readonly part: string | null;
  /** Null: for ever. */
  readonly keep: { readonly months: number; readonly days: number } | null;
  readonly basis: string;
}

export interface RetentionSettings {
  /** The first that fits a practice is its period; a practice that none fits is kept. Null: nothing is configured. */
  readonly periods: readonly RetentionPeriod[] | null;
  /** How long a request waits for the second person, milliseconds. */
  readonly approvalMs: number;
}

const DEFAULT_APPROVAL_DAYS = 14;
const DAY_MS = 86_400_000;

/** `RETENTION_FILE`, `RETENTION_APPROVAL_DAYS`. */
export const periodsConfig = z
  .object({
    RETENTION_FILE: readablePath
      .optional()
      .describe('the path of the retention periods, JSON {"periods": [{"procedure", "keep", "basis"}, …]}'),
    RETENTION_APPROVAL_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(90)
      .default(DEFAULT_APPROVAL_DAYS)
      .describe('how many days a request to destroy documents waits for the second person'),
  })
  .transform((env, context): RetentionSettings => {
    const approvalMs = env.RETENTION_APPROVAL_DAYS * DAY_MS;
    if (env.RETENTION_FILE === undefined) return { periods: null, approvalMs };
    const read = readPeriods(env.RETENTION_FILE);
    if (Array.isArray(read)) return { periods: read, approvalMs };
    const message = `a file of JSON {"periods": [{"procedure": "edilizia.*", "keep": {"years": 10}, "basis": "…"}]}: ${read.fault}`;
    context.addIssue({ code: 'custom', path: ['RETENTION_FILE'], message });
    return z.NEVER;
  });

/** What a node does if nothing is configured: it keeps everything. */
export const KEEP_EVERYTHING: RetentionSettings = {
  periods: null,
  approvalMs: DEFAULT_APPROVAL_DAYS * DAY_MS,
};

function readPeriods(path: string): RetentionPeriod[] | { readonly fault: string } {
  try {
    return parsePeriods(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    return { fault: error instanceof z.ZodError ? z.prettifyError(error) : String(error) };
  }
}

/** @throws ZodError */
export function parsePeriods(json: unknown): RetentionPeriod[] {
  return periodsFile.parse(json).periods.map(({ procedure, part, keep: kept, basis }) => ({
    procedure,
    part: part ?? null,
    keep:
      kept === 'for-ever'
        ? null
        : { months: (kept.years ?? 0) * 12 + (kept.months ?? 0), days: kept.days ?? 0 },
    basis,
  }));
}
