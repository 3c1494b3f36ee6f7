/** The segnatura di protocollo as an object (AgID, Allegato 6, SegnaturaInformatica 3.0.0), as far as the hub uses it. */
import type { Registration } from '#contracts';

/** A registration as the outside names it (Identificatore): in which body's register it stands. */
export interface ProtocolId extends Registration {
  /** IPA code of the body (CodiceAmministrazione). */
  readonly body: string;
  /** Time of day in Italy, `HH:MM:SS` (OraRegistrazione); absent in confirmations. */
  readonly time?: string;
}

/** A heading of a body's filing plan (Classifica: voce del titolario). */
export interface Classification {
  /** Denominazione */
  readonly name: string;
  /** CodiceFlat */
  readonly code: string;
}

/** A public body as sender or recipient (Amministrazione). */
export interface Correspondent {
  readonly name: string;
  readonly ipa: string;
  /** Code of its AOO (CodiceIPAAOO), if known. */
  readonly aoo?: string;
  /** Code of its office (CodiceIPAUO), if known. */
  readonly office?: string;
  /** Certified mail address, if known. */
  readonly pec?: string;
}

export interface Recipient extends Correspondent {
  /** It is asked to confirm (confermaRicezione). */
  readonly confirms: boolean;
  /** It is only informed (perConoscenza). */
  readonly informed: boolean;
}

/** A document of the message (DocumentoType). */
export interface MessageDocument {
  readonly fileName: string;
  readonly mediaType: string;
  /** SHA-256 of its bytes, base64 (Impronta). */
  readonly digest: string;
  readonly description?: string;
}

/** An earlier message that this one answers (Riferimenti). */
export interface EarlierMessage {
  readonly id: ProtocolId;
  readonly subject: string;
  readonly classification: Classification;
}

export interface Segnatura {
  readonly id: ProtocolId;
  /** PrimaRegistrazione: of a message that is sent again, the registration under which it was sent first. */
  readonly first: ProtocolId | null;
  /** Oggetto */
  readonly subject: string;
  readonly classification: Classification;
  /** Fascicolo: of the hub always the practice, by its CUI. */
  readonly file: { readonly name: string; readonly code: string } | null;
  readonly answers: EarlierMessage | null;
  readonly sender: Correspondent;
  /** At least one. */
  readonly recipients: readonly Recipient[];
  readonly primary: MessageDocument;
  readonly attachments: readonly MessageDocument[];
}

/** Largest segnatura in bytes: it lists the form and all that a manifest lists, with long file names. */
export const MAX_SEGNATURA_BYTES = 33_554_432;

/** What a message answers to (MessaggioRicevuto): by its registration, or in words if that cannot be trusted. */
export type ReceivedMessage = { readonly id: ProtocolId } | { readonly description: string };

/** ConfermaRicezione, or AggiornamentoConferma, which replaces an earlier one. */
export interface Confirmation {
  readonly kind: 'ConfermaRicezione' | 'AggiornamentoConferma';
  readonly id: ProtocolId;
  readonly received: ReceivedMessage;
}

/** NotificaEccezione */
export interface ExceptionNotice {
  readonly kind: 'NotificaEccezione';
  /** The receiver's own registration, if it made one. */
  readonly id: ProtocolId | null;
  readonly received: ReceivedMessage;
  /** Motivo: of the hub always a code of {@link ANOMALIES}. */
  readonly reason: string;
}

/** AnnullamentoProtocollazione */
export interface CancellationNotice {
  readonly kind: 'AnnullamentoProtocollazione';
  readonly id: ProtocolId;
  /** Motivo */
  readonly reason: string;
  /** Provvedimento */
  readonly act: string;
}

export type ProtocolMessage = Confirmation | ExceptionNotice | CancellationNotice;
