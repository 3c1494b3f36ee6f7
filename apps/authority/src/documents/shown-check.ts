import type { FoundSignature, SignatureReport } from '#signed-uploads';

/** How far the check of a document's signatures is. */
export interface SignatureCheckView {
  readonly status: 'waiting' | 'done';
  readonly at: string | null;
  /** What the document is by its bytes. */
  readonly mediaType: string | null;
  /** A PDF that declares encryption. */
  readonly encrypted: boolean;
  /** Why there may be signatures that were not found. */
  readonly incomplete: SignatureReport['incomplete'];
}

/** What the database holds of a document's check. */
export interface CheckRow {
  readonly ordered: boolean;
  readonly report: SignatureReport | null;
  readonly checkedAt: Date | null;
}

interface ShownCheck {
  readonly signatures: readonly FoundSignature[];
  readonly signatureCheck: SignatureCheckView | null;
}

const WAITING: SignatureCheckView = {
  status: 'waiting',
  at: null,
  mediaType: null,
  encrypted: false,
  incomplete: null,
};

/** How a document's check is shown to the partner. */
export function shownCheck({ ordered, report, checkedAt }: CheckRow): ShownCheck {
  if (report === null) return { signatures: [], signatureCheck: ordered ? WAITING : null };
  const { signatures, mediaType, encrypted, incomplete } = report;
  const at = checkedAt?.toISOString() ?? null;
  return { signatures, signatureCheck: { status: 'done', at, mediaType, encrypted, incomplete } };
}
