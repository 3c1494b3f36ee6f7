/** The one place with native code: a PKCS #11 module called through its function list, on threads of the pool. */
import koffi, { type TypeObject } from 'koffi';
import {
  CKF_OS_LOCKING_OK,
  CKF_SERIAL_SESSION,
  CKR,
  CKU_USER,
  CryptokiError,
  type Attribute,
  type Cryptoki,
  type Handle,
  type Mechanism,
  type TokenInfo,
} from './cryptoki.ts';

/** Cryptoki 2.40 §2.1: structures are packed to one byte on Windows, and laid out as C does elsewhere. */
const PACKED = process.platform === 'win32';
const structure = PACKED ? koffi.pack : koffi.struct;
const INITIALIZE_ARGS = structure({
  createMutex: 'void *',
  destroyMutex: 'void *',
  lockMutex: 'void *',
  unlockMutex: 'void *',
  flags: 'ulong',
  reserved: 'void *',
});
const MECHANISM = structure({ mechanism: 'ulong', parameter: 'void *', parameterLength: 'ulong' });
const ATTRIBUTE = structure({ type: 'ulong', value: 'void *', valueLength: 'ulong' });
const BYTES = koffi.pointer('uint8_t');
const MECHANISM_POINTER = koffi.pointer(MECHANISM);
const ATTRIBUTES = koffi.pointer(ATTRIBUTE);
const ULONGS = koffi.pointer('ulong');

type Parameter = string | TypeObject | ReturnType<typeof koffi.out>;

/** Position in CK_FUNCTION_LIST and parameters of each function that is called. */
const FUNCTIONS = {
  C_Initialize: [0, [koffi.pointer(INITIALIZE_ARGS)]],
  C_Finalize: [1, ['void *']],
  C_GetSlotList: [4, ['uint8_t', koffi.out(ULONGS), koffi.inout(ULONGS)]],
  C_GetTokenInfo: [6, ['ulong', BYTES]],
  C_OpenSession: [12, ['ulong', 'ulong', 'void *', 'void *', koffi.out(ULONGS)]],
  C_CloseSession: [13, ['ulong']],
  C_Login: [18, ['ulong', 'ulong', BYTES, 'ulong']],
  C_FindObjectsInit: [26, ['ulong', ATTRIBUTES, 'ulong']],
  C_FindObjects: [27, ['ulong', koffi.out(ULONGS), 'ulong', koffi.out(ULONGS)]],
  C_FindObjectsFinal: [28, ['ulong']],
  C_SignInit: [42, ['ulong', MECHANISM_POINTER, 'ulong']],
  C_Sign: [43, ['ulong', BYTES, 'ulong', BYTES, koffi.inout(ULONGS)]],
} as const satisfies Record<string, readonly [number, readonly Parameter[]]>;

type FunctionName = keyof typeof FUNCTIONS;
/** Calls one function; rejects unless it answers CKR_OK or one of `also`. */
type Call = (name: FunctionName, args: readonly unknown[], also?: readonly number[]) => Promise<number>;

/** CK_TOKEN_INFO: label 32, manufacturer 32, model 16, serial 16, flags; the rest is not read. At most 208 bytes. */
const TOKEN_INFO_BYTES = 256;
const TOKEN_FLAGS_AT = 96;
const CK_TRUE = 1;
/** RSA of 8192 bits. */
const MAX_SIGNATURE_BYTES = 1_024;

/** Koffi unloads a library that nobody refers to, and functions of its list do not count: without this, they vanish. */
const loaded = new Set<unknown>();

/**
 * Loads a module from its shared library.
 * @throws Error if the library cannot be loaded or has no function list
 */
export function loadNativeCryptoki(modulePath: string): Cryptoki {
  // RTLD_DEEPBIND: a module that brings OpenSSL must find its own, not the one inside Node's executable.
  const library = koffi.load(modulePath, { deep: true });
  loaded.add(library);
  const list: (bigint | null)[] = [null];
  const getList = library.func('C_GetFunctionList', 'ulong', [koffi.out(koffi.pointer('void *'))]);
  const answer = Number(getList(list));
  if (answer !== CKR.OK) throw new CryptokiError('C_GetFunctionList', answer);
  return cryptokiOf(callerOf(list[0]));
}

function callerOf(list: bigint | null | undefined): Call {
  // CK_FUNCTION_LIST begins with CK_VERSION, two bytes.
  const offset = PACKED ? 2 : koffi.sizeof('void *');
  const last = Math.max(...Object.values(FUNCTIONS).map(([index]) => index));
  const pointers: unknown = koffi.decode(list, offset, koffi.array('void *', last + 1));
  const functions = new Map(
    Object.entries(FUNCTIONS).map(([name, [index, parameters]]) => {
      const pointer: unknown = Array.isArray(pointers) ? pointers[index] : null;
      return [name, nativeFunction(pointer, koffi.proto('ulong', [...parameters]))] as const;
    }),
  );
  return async (name, args, also = []) => {
    const code = Number((await functions.get(name)?.(args)) ?? CKR.GENERAL_ERROR);
    if (code !== CKR.OK && !also.includes(code)) throw new CryptokiError(name, code);
    return code;
  };
}

/** Arguments of calls that are under way. A call is given addresses, which do not keep what they point to. */
const underWay = new Set<readonly unknown[]>();

function nativeFunction(
  pointer: unknown,
  prototype: TypeObject,
): (args: readonly unknown[]) => Promise<unknown> {
  const native = koffi.decode(pointer, prototype) as {
    readonly async: (...args: readonly unknown[]) => void;
  };
  return async (args) => {
    underWay.add(args);
    try {
      return await new Promise((resolve, reject) => {
        native.async(...args, (error: Error | null, result: unknown) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      });
    } finally {
      underWay.delete(args);
    }
  };
}

function cryptokiOf(call: Call): Cryptoki {
  return {
    initialize: async () => {
      const args = { flags: CKF_OS_LOCKING_OK };
      const also = [CKR.CRYPTOKI_ALREADY_INITIALIZED, CKR.CANT_LOCK];
      const code = await call('C_Initialize', [args], also);
      // A module without locks can do no worse without: its calls never overlap.
      if (code === CKR.CANT_LOCK) await call('C_Initialize', [null]);
    },
    finalize: async () => {
      await call('C_Finalize', [null], [CKR.CRYPTOKI_NOT_INITIALIZED]);
    },
    slots: async () => {
      // Cryptoki 2.40 §5.5: only a call without a list makes the module look for what has come and gone.
      const count = [0];
      await call('C_GetSlotList', [CK_TRUE, null, count]);
      const slots = new Array<Handle>(count[0] ?? 0).fill(0);
      if (slots.length > 0) await call('C_GetSlotList', [CK_TRUE, slots, count]);
      return slots.slice(0, count[0]);
    },
    tokenInfo: async (slot) => {
      const info = Buffer.alloc(TOKEN_INFO_BYTES);
      await call('C_GetTokenInfo', [slot, info]);
      return tokenInfoOf(info);
    },
    openSession: async (slot) => {
      const session: Handle[] = [0];
      await call('C_OpenSession', [slot, CKF_SERIAL_SESSION, null, null, session]);
      return session[0] ?? 0;
    },
    closeSession: async (session) => {
      await call('C_CloseSession', [session]);
    },
    login: async (session, pin) => {
      // The login is the application's, not the session's: another key of this process may have logged in before.
      await call('C_Login', [session, CKU_USER, pin, pin?.length ?? 0], [CKR.USER_ALREADY_LOGGED_IN]);
    },
    findObjects: (session, template, limit) => findObjects(call, session, template, limit),
    sign: (session, mechanism, key, data) => sign(call, session, mechanism, key, data),
  };
}

/** Fixed fields of UTF-8, filled up with spaces. */
function tokenInfoOf(info: Buffer): TokenInfo {
  const field = (from: number, to: number): string => info.toString('utf8', from, to).replace(/[\0 ]+$/, '');
  return {
    token: field(0, 32),
    manufacturer: field(32, 64),
    model: field(64, 80),
    serial: field(80, 96),
    flags: info.readUInt32LE(TOKEN_FLAGS_AT),
  };
}

async function findObjects(
  call: Call,
  session: Handle,
  template: readonly Attribute[],
  limit: number,
): Promise<readonly Handle[]> {
  const attributes = template.map(({ type, value }) => {
    const octets = typeof value === 'number' ? ulong(value) : value;
    return { type, value: octets, valueLength: octets.length };
  });
  const found = new Array<Handle>(limit).fill(0);
  const count = [0];
  await call('C_FindObjectsInit', [session, attributes, attributes.length]);
  try {
    await call('C_FindObjects', [session, found, limit, count]);
  } finally {
    await call('C_FindObjectsFinal', [session]);
  }
  return found.slice(0, count[0]);
}

async function sign(
  call: Call,
  session: Handle,
  mechanism: Mechanism,
  key: Handle,
  data: Buffer,
): Promise<Buffer> {
  await call('C_SignInit', [
    session,
    { mechanism: mechanism.type, parameter: null, parameterLength: 0 },
    key,
  ]);
  const signature = Buffer.alloc(MAX_SIGNATURE_BYTES);
  const length = [signature.length];
  await call('C_Sign', [session, data, data.length, signature, length]);
  return signature.subarray(0, length[0]);
}

/** CK_ULONG as it lies in memory. */
function ulong(value: number): Buffer {
  const octets = Buffer.alloc(koffi.sizeof('ulong'));
  koffi.encode(octets, 'ulong', value);
  return octets;
}
