import { z } from 'zod';

const formName = { namespace: z.string(), root: z.string(), version: z.string() };

export const formImport = z.object({
  accepted: z.array(z.object({ ...formName, number: z.int(), unchanged: z.boolean() })),
  refused: z.array(z.object({ name: z.string(), code: z.string(), reason: z.string() })),
});

export const registeredForms = z.object({
  forms: z.array(
    z.object({
      ...formName,
      number: z.int().describe('the registry entry that holds it'),
      entry: z.string(),
      files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string() })),
    }),
  ),
});
