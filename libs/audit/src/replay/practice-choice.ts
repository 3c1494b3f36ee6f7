import { parseCui, parseIpaCode, parsePracticeId } from '#contracts';
import { HubError } from '#errors';

/** One practice, by what names it for people or for machines. */
export interface PracticeChoice {
  readonly owner?: string;
  readonly uuid?: string;
  readonly cui?: string;
}

const UUID = /^[0-9a-fA-F-]{36}$/;

/**
 * Reads a practice's name: a CUI (`c_d150/2026/000001`), its id, or `<owner>/<id>` where two owners have used the id.
 * @throws HubError `USAGE_INVALID`
 */
export function readPracticeChoice(text: string): PracticeChoice {
  try {
    if (UUID.test(text)) return { uuid: parsePracticeId(text.toLowerCase()) };
    const [owner = '', id = '', ...rest] = text.split('/');
    if (rest.length === 0 && UUID.test(id))
      return { owner: parseIpaCode(owner), uuid: parsePracticeId(id.toLowerCase()) };
    return { owner: parseIpaCode(owner), cui: parseCui(text) };
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    throw new HubError(
      'USAGE_INVALID',
      `--practice: ${JSON.stringify(text.slice(0, 80))} is neither a CUI nor a practice's id`,
      { cause },
    );
  }
}

/** Whether an entry of the log can be of the practice; the CUI is not in it. */
export function includes(
  { owner, uuid }: PracticeChoice,
  practice: { readonly owner: string; readonly uuid: string } | null,
): boolean {
  if (practice === null) return false;
  return (
    (owner === undefined || practice.owner.toLowerCase() === owner.toLowerCase()) &&
    (uuid === undefined || practice.uuid === uuid)
  );
}
