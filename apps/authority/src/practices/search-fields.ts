import { extractFacts, type FormReading, type HubEvent, type PracticeRef } from '#contracts';
import { HubError } from '#errors';
import type { Tx } from '#persistence';
import type { StagedDocument } from '../documents/document-rows.ts';
import type { NodeParts } from '../node-parts.ts';
import { readForm } from './intake.ts';

/** Name of the search field in which every procedure's form says who files. */
export const APPLICANT_FIELD = 'richiedente';

/** Records by which text of its form a practice can be found here. Once per practice. */
export async function insertSearchFields(
  tx: Tx,
  { owner, uuid }: Pick<PracticeRef, 'owner' | 'uuid'>,
  search: FormReading['search'],
): Promise<void> {
  await tx.query(
    `insert into practice_search (owner, uuid, name, value)
     select $1, $2, f.name, f.value from unnest($3::text[], $4::text[]) as f(name, value)
     where not exists (select 1 from practice_search where owner = $1 and uuid = $2)`,
    [owner, uuid, search.map((field) => field.name), search.map((field) => field.value)],
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
