import { describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { isPkcs11Uri, parsePkcs11Uri } from './pkcs11-uri.ts';

const HOW = '?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin';

function refusal(uri: string): string {
  try {
    parsePkcs11Uri(uri);
  } catch (error) {
    if (error instanceof HubError && error.code === 'PKCS11_URI_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a pkcs11 URI', () => {
  it('names token, key, module and the file of the PIN', () => {
    const path =
      'pkcs11:token=Comune%20di%20Crema;serial=0a1b;manufacturer=Acme;model=M1;object=sigillo-è;id=%01%fF;type=private';
    expect(parsePkcs11Uri(path.replace('è', '%C3%A8') + HOW)).toEqual({
      modulePath: '/usr/lib/softhsm/libsofthsm2.so',
      token: { token: 'Comune di Crema', serial: '0a1b', manufacturer: 'Acme', model: 'M1' },
      object: 'sigillo-è',
      id: Buffer.from([1, 255]),
      pinFile: '/run/secrets/pin',
    });
  });

  it('needs no more than a module: the one key of the one token, without a PIN', () => {
    expect(parsePkcs11Uri('PKCS11:?module-path=/m.so')).toEqual({
      modulePath: '/m.so',
      token: { token: undefined, serial: undefined, manufacturer: undefined, model: undefined },
      object: undefined,
      id: undefined,
      pinFile: undefined,
    });
  });

  it.each([
    ['file:///run/secrets/pin', '/run/secrets/pin'],
    ['file:/run/secrets/the%2520pin', '/run/secrets/the pin'],
    ['/run/secrets/pin', '/run/secrets/pin'],
  ])('takes pin-source=%s', (source, path) => {
    expect(parsePkcs11Uri(`pkcs11:?module-path=/m.so&pin-source=${source}`).pinFile).toBe(path);
  });

  it.each([
    ['signing.key.pem', /does not begin/],
    ['pkcs11:token=a', /module-path is missing/],
    ['pkcs11:token=a?module-path=lib.so', /not an absolute path/],
    ['pkcs11:token=a?module-name=softhsm2', /module-name is not one of/],
    [`pkcs11:slot-id=1${HOW}`, /slot-id is not one of/],
    [`pkcs11:x-vendor=1${HOW}`, /x-vendor is not one of/],
    [`pkcs11:token=a;token=b${HOW}`, /token is given twice/],
    [`pkcs11:token${HOW}`, /name=value/],
    [`pkcs11:token=a;${HOW}`, /name=value/],
    [`pkcs11:token=a b${HOW}`, /written as %XX/],
    [`pkcs11:token=%4${HOW}`, /written as %XX/],
    [`pkcs11:token=%FF${HOW}`, /not UTF-8/],
    [`pkcs11:type=public${HOW}`, /type=public does not sign/],
    [`pkcs11:token=a${HOW}?x=1`, /more than one question mark/],
    ['pkcs11:?module-path=/m.so&pin-source=%7Cprintpin', /no file: URI/],
    ['pkcs11:?module-path=/m.so&pin-source=https://localhost/pin', /no file: URI/],
  ])('refuses %s', (uri, reason) => {
    expect(refusal(uri)).toMatch(reason);
  });

  it('refuses a PIN in its text, and does not repeat it', () => {
    const message = refusal('pkcs11:token=a?module-path=/m.so&pin-value=97531');
    expect(message).toMatch(/^pin-value .*pin-source/);
    expect(message).not.toContain('97531');
  });

  it('is told from a path by its scheme alone', () => {
    expect(['pkcs11:token=a', 'PKCS11:', './pkcs11:x', '/etc/key.pem'].map(isPkcs11Uri)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
