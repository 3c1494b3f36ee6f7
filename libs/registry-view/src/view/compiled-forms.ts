import { compileForm, type CompiledForm, type FormSchema } from '#contracts';

/** Forms kept compiled; a procedure has a few. */
const KEPT = 64;

/** Compiles a form's schema at its first use and keeps it. A compiled form is disposed of when others push it out. */
export class CompiledForms {
  readonly #compiled = new Map<FormSchema, CompiledForm>();

  /** @throws HubError `FORM_SCHEMA_INVALID` */
  get(schema: FormSchema): CompiledForm {
    const found = this.#compiled.get(schema) ?? compileForm(schema);
    // Back to the end: the first in the map is the one used longest ago.
    this.#compiled.delete(schema);
    this.#compiled.set(schema, found);
    this.#evict();
    return found;
  }

  /** Frees what is compiled. */
  close(): void {
    for (const form of this.#compiled.values()) form.dispose();
    this.#compiled.clear();
  }

  #evict(): void {
    const [oldest] = this.#compiled;
    if (this.#compiled.size <= KEPT || oldest === undefined) return;
    this.#compiled.delete(oldest[0]);
    oldest[1].dispose();
  }
}
