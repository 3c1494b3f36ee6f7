import { describe, expect, it, vi } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { secretText, signedHeaders } from './sign-message.ts';

describe('the signature of a push', () => {
  it.each([
    [
      'whsec_plJ3nmyCDGBKInavdOK15jsl',
      'msg_loFOjxBNrRLzqYUf',
      1731705121,
      '{"event_type":"ping","data":{"success":true}}',
      'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    ],
    [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    ],
  ])('is that of the published vector with %s', (secret, id, seconds, body, expected) => {
    const headers = signedHeaders({ id, body }, new Date(seconds * 1000), [secret]);
    expect(headers).toEqual({
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': expected,
    });
  });

  it('satisfies the reference library by either of two secrets, and not once id, time or body is another', () => {
    const [older, newer] = [secretText(Buffer.alloc(32, 1)), secretText(Buffer.alloc(32, 2))];
    const at = new Date('2026-03-04T09:00:00.500Z');
    vi.useFakeTimers({ toFake: ['Date'], now: at });
    try {
      const headers = signedHeaders({ id: 'feed_AQ', body: '{"a":1}' }, at, [newer, older]);
      for (const secret of [older, newer])
        expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
      const verifier = new Webhook(newer);
      expect(() => verifier.verify('{"a":2}', headers)).toThrow('signature');
      expect(() => verifier.verify('{"a":1}', { ...headers, 'webhook-id': 'feed_AR' })).toThrow('signature');
      const later = { ...headers, 'webhook-timestamp': String(at.getTime() / 1000 + 1 - 0.5) };
      expect(() => verifier.verify('{"a":1}', later)).toThrow('signature');
      expect(() => new Webhook(secretText(Buffer.alloc(32, 3))).verify('{"a":1}', headers)).toThrow(
        'signature',
      );
    } finally {
      vi.useRealTimers();
    }
  });
});
