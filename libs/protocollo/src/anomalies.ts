import type { ErrorCode } from '#errors';

/**
 * The anomalies of the AgID interface (Allegato 6, WSDL of sender and receiver), by the hub's code, which is what
 * travels in a receipt. The spelling of 005 is the standard's own. 003 to 006 are the answers of bodies that check the
 * documents themselves; this implementation reads them and gives 000 to 002.
 */
export const ANOMALIES = {
  PROTOCOL_NOT_RECEIVABLE: '000_Irricevibile',
  PROTOCOL_SEAL_INVALID: '001_ValidazioneFirma',
  PROTOCOL_DIGEST_WRONG: '002_AnomaliaImpronte',
  PROTOCOL_DOCUMENT_UNREADABLE: '003_DocumentoAllegatiNonLeggibili',
  PROTOCOL_DOCUMENT_SIGNATURE_INVALID: '004_DocumentoAllegatiErroreValidazioneFirma',
  PROTOCOL_DOCUMENT_TIMESTAMP_INVALID: '005_DocumentoAllegatiErroreVaidazioneMarcaTemporale',
  PROTOCOL_DOCUMENT_SEAL_INVALID: '006_DocumentoAllegatiErroreValidazioneSigillo',
} as const satisfies Partial<Record<ErrorCode, string>>;

export type AnomalyCode = keyof typeof ANOMALIES;

/** The anomaly of a code from a receipt; a code that is none of them is "not receivable". */
export function anomalyOf(code: string | null): string {
  const known = Object.entries(ANOMALIES).find(([name]) => name === code);
  return known?.[1] ?? ANOMALIES.PROTOCOL_NOT_RECEIVABLE;
}
