/** Signature values: other spellings of a good one, and bad ones. */
import { signXml, type Signer } from '#evidence';
import { AT } from './authority.ts';
import { attack, replaced, type Made } from './case.ts';

/** Order of P-256 (SP 800-186 §3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export interface Given {
  /** A valid signed act. */
  readonly act: Buffer;
  readonly unsigned: Buffer;
  readonly signer: Signer;
  /** A signer of another member. */
  readonly other: Signer;
}

export async function values({ act, signer, unsigned, other }: Given): Promise<readonly Made[]> {
  const text = /<ds:SignatureValue>([^<]*)</.exec(act.toString())?.[1] ?? '';
  const value = Buffer.from(text, 'base64');
  const r = value.subarray(0, 32);
  const s = BigInt(`0x${value.subarray(32).toString('hex')}`);
  const withText = (changed: string): Buffer => replaced(act, `>${text}<`, `>${changed}<`);
  const withValue = (...changed: readonly Buffer[]): Buffer =>
    withText(Buffer.concat(changed).toString('base64'));
  const zero = Buffer.alloc(1);
  const one = Buffer.from([...Buffer.alloc(31), 1]);
  return [
    attack(
      'value/high-s',
      'SIGNATURE_NOT_LOW_S',
      's is replaced by n − s.',
      withValue(r, scalar(ORDER - s)),
      true,
    ),
    attack('value/of-another-signing', 'SIGNATURE_INVALID', 's is replaced by 1.', withValue(r, one)),
    attack('value/zeroes', 'SIGNATURE_INVALID', 'r and s are zero.', withValue(Buffer.alloc(64))),
    attack(
      'value/r-is-n',
      'SIGNATURE_INVALID',
      'r is the order of the group, s is 1.',
      withValue(scalar(ORDER), one),
    ),
    attack(
      'value/der',
      'SIGNATURE_ENCODING',
      'The value is DER-encoded.',
      withValue(der(r, value.subarray(32))),
    ),
    attack('value/empty', 'SIGNATURE_ENCODING', 'The value is empty.', withValue()),
    attack(
      'value/one-byte-short',
      'SIGNATURE_ENCODING',
      'The first byte is missing.',
      withValue(value.subarray(1)),
    ),
    attack(
      'value/padded',
      'SIGNATURE_ENCODING',
      'r and s have 33 bytes each.',
      withValue(zero, r, zero, value.subarray(32)),
    ),
    attack(
      'value/unpadded-base64',
      'BASE64_NOT_STRICT',
      'The padding of the base64 is removed.',
      withText(text.replace(/=+$/, '')),
      true,
    ),
    attack(
      'value/other-unused-bits',
      'BASE64_NOT_STRICT',
      'The unused bits of the base64 are not zero.',
      withText(text.replace(/[AQgw]==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`)),
      true,
    ),
    attack(
      'value/base64url',
      'BASE64_NOT_STRICT',
      'The base64 is that of URLs.',
      withText(Buffer.from(value).toString('base64url')),
      true,
    ),
    attack(
      'value/by-another-member',
      'SIGNATURE_INVALID',
      'Another member’s key made the value.',
      await signWith(unsigned, signer, other),
    ),
  ];
}

async function signWith(unsigned: Buffer, signer: Signer, other: Signer): Promise<Buffer> {
  return signXml(unsigned, { ...signer, sign: (data) => other.sign(data) }, AT);
}

function scalar(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

/** SEQUENCE { INTEGER r, INTEGER s } (RFC 3279 §2.2.3). */
function der(...numbers: readonly Buffer[]): Buffer {
  const integers = numbers.map((number) => {
    const shortest = number.subarray(number.findIndex((byte) => byte !== 0));
    const signed = (shortest[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), shortest]) : shortest;
    return Buffer.from([0x02, signed.length, ...signed]);
  });
  const body = Buffer.concat(integers);
  return Buffer.from([0x30, body.length, ...body]);
}
