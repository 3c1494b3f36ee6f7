import { extractFacts, type FormReading, type HubEvent, type PracticeRef } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { StagedDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';
import { readForm } from './intake.ts';

/** Name of the search field in which every procedure's form says who files. */
export const APPLICANT_FIELD = 'richiedente';

/** What a practice can be found by here. */
export interface SearchableBy {
  readonly practice: Pick<PracticeRef, 'owner' | 'uuid'>;
  readonly search: FormReading['search'];
}

/** Records by which text of its form each practice can be found here. Once per practice. */
export async function insertSearchFields(tx: Tx, practices: readonly SearchableBy[]): Promise<void> {
  const fields = practices.flatMap(({ practice, search }) =>
    search.map((field) => ({ ...practice, ...field })),
  );
  if (fields.length === 0) return;
  await tx.query(
    `insert into practice_search (owner, uuid, name, value)
     select f.owner, f.uuid, f.name, f.value
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[]) as f(owner, uuid, name, value)
     where not exists (select 1 from practice_search s where s.owner = f.owner and s.uuid = f.uuid)`,
    [
      fields.map(({ owner }) => owner),
      fields.map(({ uuid }) => uuid),
      fields.map(({ name }) => name),
      fields.map(({ value }) => value),
    ],
  );
}

/**
 * The search fields of a form that came from its author's node, as the procedure maps them; none for another document.
 * A form that cannot be read is still a complete document: it is only not found by its text.
 */
export async function searchFieldsOf(
  parts: NodeParts,
  { body, procedure }: Pick<HubEvent, 'body' | 'procedure'>,
  form: Pick<StagedDocument, 'key' | 'stored'>,
): Promise<FormReading['search']> {
  if (body.type !== 'practice.filed' || body.form.document !== form.key.document) return [];
  const { namespace, root, version } = body.form;
  const accepted = parts.registry
    .procedure(procedure.code, procedure.version)
    ?.forms.find(
      (known) => known.namespace === namespace && known.root === root && known.version === version,
    );
  if (!accepted) return [];
  try {
    return extractFacts(await readForm(parts, form), accepted).search;
  } catch (error) {
    if (error instanceof HubError && error.policy.disposition === 'park') return [];
    throw error;
  }
}
