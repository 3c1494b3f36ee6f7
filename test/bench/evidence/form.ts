/** Validating a citizen's form by its XSD. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileForm, loadCatalogue, rootOf } from '#contracts';
import { rate, timeTogether, type Figure, type Options } from '../measure.ts';

const CREMONA = join('contracts', 'catalogue', 'cremona');
const PROCEDURE = 'edilizia.scia';

export async function benchForm(options: Options): Promise<readonly Figure[]> {
  const example = readFileSync(join(CREMONA, 'examples', `${PROCEDURE}.xml`));
  const { namespace } = rootOf(example);
  const schema = loadCatalogue(CREMONA).forms.find((form) => form.namespace === namespace);
  if (schema === undefined) throw new Error(`the catalogue has no form ${namespace}`);
  const form = compileForm(schema);
  try {
    const { validate } = await timeTogether(
      {
        validate: () => {
          form.validate(example);
        },
      },
      options,
    );
    return [rate('contracts.validate-form', validate, null)];
  } finally {
    form.dispose();
  }
}
