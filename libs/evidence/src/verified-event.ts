import { MAX_BYTES, serializeEvent, validateParsed, type HubEvent, type Sha256 } from '#contracts';
import { readIntact, type IntactDocument } from './integrity.ts';
import { signXml } from './sign.ts';
import type { Signer } from './signer.ts';
import { requireHolder, requireRole, type SignerIdentity, type TrustView } from './trust.ts';
import { vouched, type SignedDocument } from './verify.ts';

let make: (signed: SignedDocument, event: HubEvent) => VerifiedEvent;

/**
 * An event whose signature, signer and schema were checked. There is no other way to make one: whoever holds a
 * `VerifiedEvent` need not check again that its author wrote it.
 */
export class VerifiedEvent {
  readonly #checked = true;

  private constructor(
    readonly event: HubEvent,
    /** The signed bytes, as they arrived. */
    readonly bytes: Buffer,
    /** SHA-256 of `bytes`. */
    readonly digest: Sha256,
    /** SHA-256 of the canonical SignedInfo: the same for every copy of one signing, different for another. */
    readonly signedInfoDigest: Sha256,
    readonly signingTime: Date,
    readonly signer: SignerIdentity,
  ) {}

  static {
    make = ({ bytes, digest, signedInfoDigest, signingTime, signer }, event) =>
      new VerifiedEvent(event, bytes, digest, signedInfoDigest, signingTime, signer);
  }

  /** True for what `verify` made, false for a look-alike. */
  static is(value: unknown): value is VerifiedEvent {
    return typeof value === 'object' && value !== null && #checked in value;
  }
}

/**
 * Verifies an event: signature and signer, XSD, and that the certificate is the author's own, with role authority.
 * Whether this author may say this in this practice is the router's question.
 *
 * @param arrivedAt First proof that the event exists: revocation is judged at this time.
 * @throws HubError the codes of `verifySigned`, `CERTIFICATE_ROLE_WRONG`, `CERTIFICATE_NOT_OF_AUTHOR`, and the XML
 *   codes of `#contracts` (`XSD_INVALID`, …)
 */
export function verifyEvent(bytes: Buffer, trust: TrustView, arrivedAt: Date): VerifiedEvent {
  return readIntact(bytes, MAX_BYTES.event, (intact, parsed) =>
    concludeEvent(intact, trust, arrivedAt, () => validateParsed('event', parsed)),
  );
}

/**
 * What `verifyEvent` does once the bytes are known to be intact. For this room only.
 * @param read gives the event that was read from the same bytes, or throws what is wrong with it
 */
export function concludeEvent(
  intact: IntactDocument,
  trust: TrustView,
  arrivedAt: Date,
  read: () => HubEvent,
): VerifiedEvent {
  const signed = vouched(intact, trust, arrivedAt);
  requireRole(signed.signer, 'authority');
  const event = read();
  requireHolder(signed.signer, event.author.ipa);
  return make(signed, event);
}

/** The event's signed bytes. @throws HubError of `serializeEvent` and `signXml` */
export function signEvent(event: HubEvent, signer: Signer, at: Date): Promise<Buffer> {
  return signXml(serializeEvent(event), signer, at);
}
