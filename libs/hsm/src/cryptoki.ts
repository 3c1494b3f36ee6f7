/** What this room needs of PKCS #11 (OASIS, Cryptoki 2.40), and no more. Names and numbers are the standard's. */

/** Session and object handles: unsigned long, a bigint where it is too large for a number. */
export type Handle = number | bigint;

export interface TokenInfo {
  readonly token: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  /** {@link CKF} */
  readonly flags: number;
}

export interface Attribute {
  readonly type: number;
  /** A number is a CK_ULONG. */
  readonly value: Buffer | number;
}

/** A mechanism with no parameter. */
export interface Mechanism {
  readonly type: number;
}

/**
 * A loaded module. Each call runs outside the event loop; whoever calls sees to it that only one runs at a time. Each
 * rejects with a {@link CryptokiError} when the module answers anything but CKR_OK.
 */
export interface Cryptoki {
  initialize(): Promise<void>;
  finalize(): Promise<void>;
  /** Slots with a token in them. */
  slots(): Promise<readonly Handle[]>;
  tokenInfo(slot: Handle): Promise<TokenInfo>;
  /** A read-only session. */
  openSession(slot: Handle): Promise<Handle>;
  closeSession(session: Handle): Promise<void>;
  /** As CKU_USER; `null` where the token asks for the PIN on a pad of its own. */
  login(session: Handle, pin: Buffer | null): Promise<void>;
  /** At most `limit` objects that have all these attributes. */
  findObjects(session: Handle, template: readonly Attribute[], limit: number): Promise<readonly Handle[]>;
  sign(session: Handle, mechanism: Mechanism, key: Handle, data: Buffer): Promise<Buffer>;
}

export const CKA = { CLASS: 0x0, LABEL: 0x3, KEY_TYPE: 0x100, ID: 0x102 } as const;
export const CKK = { RSA: 0x0, EC: 0x3 } as const;
export const CKO_PRIVATE_KEY = 0x3;
export const CKM = { RSA_PKCS: 0x1, ECDSA: 0x1041 } as const;
export const CKU_USER = 1;
/** CKF_SERIAL_SESSION, which every session has to be opened with. */
export const CKF_SERIAL_SESSION = 0x4;
/** CKF_OS_LOCKING_OK: the module may use the system's locks, for calls from several threads. */
export const CKF_OS_LOCKING_OK = 0x2;
/** Flags of CK_TOKEN_INFO. */
export const CKF = {
  LOGIN_REQUIRED: 0x4,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
} as const;

/** Return values that mean something to this room, or that operators meet. */
export const CKR = {
  OK: 0x0,
  HOST_MEMORY: 0x2,
  SLOT_ID_INVALID: 0x3,
  GENERAL_ERROR: 0x5,
  FUNCTION_FAILED: 0x6,
  CANT_LOCK: 0xa,
  DEVICE_ERROR: 0x30,
  DEVICE_MEMORY: 0x31,
  DEVICE_REMOVED: 0x32,
  KEY_HANDLE_INVALID: 0x60,
  KEY_TYPE_INCONSISTENT: 0x63,
  KEY_FUNCTION_NOT_PERMITTED: 0x68,
  MECHANISM_INVALID: 0x70,
  OBJECT_HANDLE_INVALID: 0x82,
  OPERATION_ACTIVE: 0x90,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_HANDLE_INVALID: 0xb3,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  BUFFER_TOO_SMALL: 0x150,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

const NAMES = new Map<number, string>(Object.entries(CKR).map(([name, value]) => [value, `CKR_${name}`]));

/** A function of the module did not answer CKR_OK. */
export class CryptokiError extends Error {
  override readonly name = 'CryptokiError';

  /** CK_RV */
  readonly code: number;

  /** @param operation `C_Sign` */
  constructor(operation: string, code: number) {
    super(`${operation}: ${NAMES.get(code) ?? `CKR 0x${code.toString(16)}`}`);
    this.code = code;
  }

  /** True if the answer is one of these. */
  is(...codes: readonly number[]): boolean {
    return codes.includes(this.code);
  }
}
