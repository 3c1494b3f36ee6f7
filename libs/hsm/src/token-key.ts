/** From a URI to a session in which its key can sign: token, session, login, key. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HubError } from '#errors';
import { CKA, CKF, CKO_PRIVATE_KEY, CKR, CryptokiError } from './cryptoki.ts';
import type { Attribute, Cryptoki, Handle, TokenInfo } from './cryptoki.ts';
import type { KeyReference, TokenFilter } from './pkcs11-uri.ts';

/** Which key is wanted. */
export interface WantedKey extends KeyReference {
  /** CKA_KEY_TYPE */
  readonly keyType: number;
}

/** A key that can sign now. */
export interface TokenKey {
  readonly session: Handle;
  readonly key: Handle;
}

interface Slot {
  readonly slot: Handle;
  readonly info: TokenInfo;
}

const PIN_WRONG = [
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.USER_PIN_NOT_INITIALIZED,
];

/**
 * Opens a session, logs in and finds the key. A failure leaves no session behind.
 *
 * @param refusedPins digests of PINs never to be tried again; one that is refused now is added
 * @throws HubError `HSM_TOKEN_ABSENT`, `HSM_TOKEN_AMBIGUOUS`, `HSM_PIN_REFUSED`, `HSM_PIN_LOCKED`, `HSM_KEY_ABSENT`,
 *   `HSM_KEY_AMBIGUOUS`, `SIGNING_KEY_UNUSABLE` if it is of another kind than the certificate's
 * @throws CryptokiError whatever else the module answers
 */
export async function openTokenKey(
  cryptoki: Cryptoki,
  wanted: WantedKey,
  refusedPins: Set<string>,
): Promise<TokenKey> {
  const found = await findToken(cryptoki, wanted.token);
  const session = await cryptoki.openSession(found.slot);
  try {
    await login(cryptoki, session, found.info, wanted.pinFile, refusedPins);
    return { session, key: await findKey(cryptoki, session, wanted) };
  } catch (error) {
    await closeQuietly(cryptoki, session);
    throw error;
  }
}

/** Closes a session that may be gone already: then that is what was wanted. */
export async function closeQuietly(cryptoki: Cryptoki, session: Handle): Promise<void> {
  try {
    await cryptoki.closeSession(session);
  } catch (error) {
    if (!(error instanceof CryptokiError)) throw error;
  }
}

async function findToken(cryptoki: Cryptoki, filter: TokenFilter): Promise<Slot> {
  const present: Slot[] = [];
  for (const slot of await cryptoki.slots()) {
    const info = await cryptoki.tokenInfo(slot);
    if ((info.flags & CKF.TOKEN_INITIALIZED) !== 0) present.push({ slot, info });
  }
  const [first, ...more] = present.filter(({ info }) => matches(info, filter));
  if (first === undefined) {
    throw new HubError('HSM_TOKEN_ABSENT', `tokens present: ${named(present) || 'none'}`);
  }
  if (more.length > 0) throw new HubError('HSM_TOKEN_AMBIGUOUS', `they are ${named([first, ...more])}`);
  return first;
}

function matches(info: TokenInfo, filter: TokenFilter): boolean {
  const names = ['token', 'serial', 'manufacturer', 'model'] as const;
  return names.every((name) => filter[name] === undefined || filter[name] === info[name]);
}

function named(slots: readonly Slot[]): string {
  return slots.map(({ info }) => `${info.token} (serial ${info.serial})`).join(', ');
}

/** A wrong PIN is tried once: tokens lock, and whoever unlocks them is not at hand. */
async function login(
  cryptoki: Cryptoki,
  session: Handle,
  { flags, token, serial }: TokenInfo,
  pinFile: string | undefined,
  refusedPins: Set<string>,
): Promise<void> {
  if ((flags & CKF.LOGIN_REQUIRED) === 0) return;
  if ((flags & (CKF.USER_PIN_LOCKED | CKF.USER_PIN_FINAL_TRY)) !== 0) {
    throw new HubError('HSM_PIN_LOCKED', `the token ${token} says so`);
  }
  const pin = await pinFrom(pinFile, (flags & CKF.PROTECTED_AUTHENTICATION_PATH) !== 0);
  const digest = createHash('sha256')
    .update(`${serial}\0`)
    .update(pin ?? '')
    .digest('hex');
  if (refusedPins.has(digest)) {
    throw new HubError('HSM_PIN_REFUSED', `the token ${token} has refused it before; it is not tried again`);
  }
  try {
    await cryptoki.login(session, pin);
  } catch (cause) {
    if (!(cause instanceof CryptokiError) || !cause.is(...PIN_WRONG, CKR.PIN_LOCKED)) throw cause;
    refusedPins.add(digest);
    const code = cause.is(CKR.PIN_LOCKED) ? 'HSM_PIN_LOCKED' : 'HSM_PIN_REFUSED';
    throw new HubError(code, `the token ${token}: ${cause.message}`, { cause });
  } finally {
    pin?.fill(0);
  }
}

/** The first line of the PIN's file, read anew for each login: it is not kept. */
async function pinFrom(file: string | undefined, hasPad: boolean): Promise<Buffer | null> {
  if (file === undefined) {
    if (hasPad) return null;
    throw new HubError('HSM_PIN_REFUSED', 'the token wants a PIN, and the URI has no pin-source');
  }
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (cause) {
    throw new HubError('HSM_PIN_REFUSED', `${file} cannot be read`, { cause });
  }
  const end = content.findIndex((octet) => octet === 0x0a || octet === 0x0d);
  const pin = end < 0 ? content : content.subarray(0, end);
  if (pin.length === 0) throw new HubError('HSM_PIN_REFUSED', `the first line of ${file} is empty`);
  return pin;
}

async function findKey(
  cryptoki: Cryptoki,
  session: Handle,
  { object, id, keyType }: WantedKey,
): Promise<Handle> {
  const template: Attribute[] = [{ type: CKA.CLASS, value: CKO_PRIVATE_KEY }];
  if (object !== undefined) template.push({ type: CKA.LABEL, value: Buffer.from(object) });
  if (id !== undefined) template.push({ type: CKA.ID, value: id });
  const [key, second] = await cryptoki.findObjects(session, template, 2);
  const sought = `object ${object ?? '(any)'}, id ${id?.toString('hex') ?? '(any)'}`;
  if (key === undefined) throw new HubError('HSM_KEY_ABSENT', sought);
  if (second !== undefined) throw new HubError('HSM_KEY_AMBIGUOUS', sought);
  // Asked here, because tokens have no common answer to a mechanism that is not the key's.
  const kind = { type: CKA.KEY_TYPE, value: keyType };
  const [ofKind] = await cryptoki.findObjects(session, [...template, kind], 1);
  if (ofKind !== undefined) return key;
  throw new HubError('SIGNING_KEY_UNUSABLE', `${sought}: not of the kind of the certificate’s key`);
}
