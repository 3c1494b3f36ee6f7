import { posix } from 'node:path';
import { readFormPackage, serializeRegistryEntry, type FormSchema, type SchemaFile } from '#contracts';
import { HubError, type ErrorCode } from '#errors';
import { MAX_PARTITION_BATCH_BYTES } from '#messaging';
import { isPublished } from '../catalogue/plan-changes.ts';
import type { RegistryLedger } from '../ledger/registry-ledger.ts';

/** Room for the signature and the record's headers, bytes. */
const ENVELOPE_BYTES = 16 * 1024;

export interface RegisteredForm {
  readonly namespace: string;
  readonly root: string;
  readonly version: string;
  /** Number of the registry entry that holds it: of this import, or of an earlier one if nothing has changed. */
  readonly number: number;
  readonly unchanged: boolean;
}

export interface FormImport {
  readonly accepted: readonly RegisteredForm[];
  readonly refused: readonly { readonly name: string; readonly code: ErrorCode; readonly reason: string }[];
}

/** Registers the forms of a package: each that compiles goes in under its namespace, the others are named. */
export class ImportForms {
  readonly #ledger: RegistryLedger;

  constructor(ledger: RegistryLedger) {
    this.#ledger = ledger;
  }

  /**
   * @param files the package's files by their path inside it
   * @throws HubError `FORM_PACKAGE_EMPTY`
   */
  async run(files: readonly SchemaFile[]): Promise<FormImport> {
    const { accepted, refused } = readFormPackage(files);
    if (accepted.length + refused.length === 0)
      throw new HubError('FORM_PACKAGE_EMPTY', `none of ${files.length} files is an XSD in 04_forms`);
    const fitting = accepted.filter(fits);
    const published = await this.#ledger.publish((current) =>
      fitting.filter((form) => !isPublished(form, current)).map((form) => ({ kind: 'form.published', form })),
    );
    const now = new Set(published.map(({ number }) => number));
    const current = this.#ledger.current();
    return {
      accepted: fitting.map(({ namespace, root, version }) => {
        const number = current.formPublishedBy(namespace, root, version) ?? 0;
        return { namespace, root, version, number, unchanged: !now.has(number) };
      }),
      refused: [...refused, ...accepted.filter((form) => !fits(form)).map(tooLarge)],
    };
  }
}

/** True if the form's entry, signed, can travel as one record. */
function fits(form: FormSchema): boolean {
  return entrySize(form) + ENVELOPE_BYTES <= MAX_PARTITION_BATCH_BYTES;
}

function entrySize(form: FormSchema): number {
  const change = { kind: 'form.published', form } as const;
  return serializeRegistryEntry({
    version: '1.0',
    number: 1,
    previous: null,
    time: '1970-01-01T00:00:00.000Z',
    change,
  }).length;
}

function tooLarge(form: FormSchema): FormImport['refused'][number] {
  return {
    name: posix.basename(form.entry, posix.extname(form.entry)),
    code: 'FORM_SCHEMA_TOO_LARGE',
    reason: `its entry would have ${entrySize(form)} bytes`,
  };
}
