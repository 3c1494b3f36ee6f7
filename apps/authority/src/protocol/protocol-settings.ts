import { readFileSync } from 'node:fs';
import { readablePath } from '#platform';
import type { Classification } from '#protocollo';
import { z } from 'zod';

/** How this node keeps its protocol register. */
export interface ProtocolSettings {
  /** Code of the AOO; the body's IPA code, for a body with one AOO, if null. */
  readonly aoo: string | null;
  /** Code of the register. */
  readonly register: string;
  readonly filingPlan: FilingPlan;
}

/** The body's own filing plan (titolario), as far as the hub's procedures need it. */
export interface FilingPlan {
  readonly default: Classification;
  /** By procedure code. */
  readonly procedures: Readonly<Record<string, Classification>>;
}

const DEFAULT_REGISTER = 'PG';
const UNCLASSIFIED: FilingPlan = {
  default: { name: 'Da classificare', code: '0' },
  procedures: {},
};

const REGISTER_CODE = /^[A-Za-z0-9_.-]{1,16}$/;
const classification = z.object({ code: z.string().min(1).max(100), name: z.string().min(1).max(300) });
const filingPlan = z.object({
  default: classification,
  procedures: z.record(z.string(), classification).default({}),
});

/** `PROTOCOL_AOO`, `PROTOCOL_REGISTER`, `FILING_PLAN_FILE`. */
export const protocolConfig = z
  .object({
    PROTOCOL_AOO: z
      .string()
      .regex(REGISTER_CODE, '1 to 16 of A-Z a-z 0-9 _ . -')
      .optional()
      .describe('the code of the AOO that keeps the protocol register'),
    PROTOCOL_REGISTER: z
      .string()
      .regex(REGISTER_CODE, '1 to 16 of A-Z a-z 0-9 _ . -')
      .default(DEFAULT_REGISTER)
      .describe('the code of the protocol register'),
    FILING_PLAN_FILE: readablePath
      .optional()
      .describe(
        'the path of the filing plan (titolario), JSON {"default": {"code", "name"}, "procedures": {…}}',
      ),
  })
  .transform((env, context): ProtocolSettings => {
    const settings = { aoo: env.PROTOCOL_AOO ?? null, register: env.PROTOCOL_REGISTER };
    if (env.FILING_PLAN_FILE === undefined) return { ...settings, filingPlan: UNCLASSIFIED };
    const plan = readPlan(env.FILING_PLAN_FILE);
    if (plan !== undefined) return { ...settings, filingPlan: plan };
    const message =
      'a file of JSON {"default": {"code", "name"}, "procedures": {"<code>": {"code", "name"}}}';
    context.addIssue({ code: 'custom', path: ['FILING_PLAN_FILE'], message });
    return z.NEVER;
  });

function readPlan(path: string): FilingPlan | undefined {
  try {
    return filingPlan.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** What a node keeps its register by if nothing is configured. */
export const DEFAULT_PROTOCOL: ProtocolSettings = {
  aoo: null,
  register: DEFAULT_REGISTER,
  filingPlan: UNCLASSIFIED,
};

export function classificationOf({ filingPlan: plan }: ProtocolSettings, procedure: string): Classification {
  return plan.procedures[procedure] ?? plan.default;
}
