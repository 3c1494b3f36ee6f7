import { describe, expect, it } from 'vitest';
import { HubError } from '#errors';
import { loadNodeConfig } from './node-config.ts';

const file = import.meta.filename;

/** What is told of SIGNING_KEY when everything is missing but that. */
function faultOf(signingKey: string): string | undefined {
  try {
    loadNodeConfig({}, { SIGNING_KEY: signingKey });
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return error.message.split('\n').find((line) => line.startsWith('SIGNING_KEY'));
  }
  throw new Error('the configuration was accepted');
}

describe('SIGNING_KEY', () => {
  it.each([file, 'pkcs11:token=Comune;object=seal?module-path=/m.so&pin-source=file:/run/secrets/pin'])(
    'may be %s',
    (value) => {
      expect(faultOf(value)).toBeUndefined();
    },
  );

  it.each([
    ['/nonexistent/key.pem', 'a PEM file that this process can read, or a pkcs11: URI'],
    ['pkcs11:token=Comune', 'a pkcs11 URI that can be used: module-path is missing'],
  ])('may not be %s', (value, reason) => {
    expect(faultOf(value)).toContain(reason);
  });

  it('with a PIN in it is refused, and not shown', () => {
    const fault = faultOf('pkcs11:token=Comune?module-path=/m.so&pin-value=97531');
    expect(fault).toMatch(/^SIGNING_KEY is "\*\*\*"; wants .*pin-source/);
  });
});
