import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { HubError, type ErrorCode } from '#errors';
import { createLogger, HealthRegistry } from '#platform';
import { RecoveryGuard } from './recovery.guard.ts';
import { Recovery, type Recover } from './recovery.ts';

const quiet = createLogger('spec', { level: 'silent' });

function asking(method: string, type = 'http'): ExecutionContext {
  return {
    getType: () => type,
    switchToHttp: () => ({ getRequest: () => ({ method }) }),
  } as unknown as ExecutionContext;
}

/** The code with which a node answers a request, or `served`. */
function answer(recovery: Recovery, method: string): ErrorCode | 'served' {
  try {
    return new RecoveryGuard(recovery).canActivate(asking(method)) ? 'served' : 'INTERNAL_ERROR';
  } catch (error) {
    return error instanceof HubError ? error.code : 'INTERNAL_ERROR';
  }
}

async function healthOf(recovery: Recovery) {
  const health = new HealthRegistry();
  recovery.register(health);
  return await health.check();
}

/** Fails as told, then waits for `finish`. */
function failing(code: ErrorCode) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let attempts = 0;
  const recover: Recover = async () => {
    attempts += 1;
    if (attempts === 1) throw new HubError(code, 'away');
    await promise;
  };
  return { recover, finish: resolve, attempts: () => attempts };
}

describe('a node that compares its database with what it has published', () => {
  it('serves reads and refuses writes while its broker is away, says so, and writes when it is through', async () => {
    const { recover, finish } = failing('BROKER_UNAVAILABLE');
    const recovery = new Recovery(recover, quiet);
    expect(answer(recovery, 'POST')).toBe('NODE_CATCHING_UP');
    recovery.start();
    await recovery.firstAttempt(5_000);
    expect(['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].map((method) => answer(recovery, method))).toEqual([
      ...['served', 'served', 'NODE_CATCHING_UP', 'NODE_CATCHING_UP', 'NODE_CATCHING_UP'],
    ]);
    expect(await healthOf(recovery)).toMatchObject({
      status: 'degraded',
      checks: { recovery: { detail: 'recovering: BROKER_UNAVAILABLE' } },
    });
    finish(undefined);
    await vi.waitFor(() => {
      expect(answer(recovery, 'POST')).toBe('served');
    });
    expect((await healthOf(recovery)).status).toBe('up');
    await recovery.close();
  });

  it('begins to read, and lets partners wait until it has read again what it had forgotten', async () => {
    const { recover: readAgain, finish } = failing('DATABASE_UNAVAILABLE');
    const recovery = new Recovery(() => Promise.resolve(), quiet, readAgain);
    recovery.start();
    await recovery.done;
    await recovery.firstAttempt(5_000);
    expect(recovery.isDone).toBe(true);
    expect(['GET', 'POST'].map((method) => answer(recovery, method))).toEqual(['served', 'NODE_CATCHING_UP']);
    await vi.waitFor(async () => {
      expect((await healthOf(recovery)).checks['recovery']?.detail).toBe('recovering: DATABASE_UNAVAILABLE');
    });
    finish(undefined);
    await vi.waitFor(() => {
      expect(answer(recovery, 'POST')).toBe('served');
    }, 5_000);
    expect((await healthOf(recovery)).status).toBe('up');
    await recovery.close();
  });

  it('does not wait for what it had forgotten when it is closed', async () => {
    const waiting = Promise.withResolvers<undefined>();
    const recovery = new Recovery(
      () => Promise.resolve(),
      quiet,
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            resolve();
          });
          waiting.resolve(undefined);
        }),
    );
    recovery.start();
    await waiting.promise;
    expect((await healthOf(recovery)).checks['recovery']?.detail).toBe('reading again what was forgotten');
    await recovery.close();
    await recovery.firstAttempt(60_000);
  });

  it('never writes, and does not try again, when what it has published contradicts its database', async () => {
    const { recover, attempts } = failing('OWN_EVENT_CONTRADICTED');
    const recovery = new Recovery(recover, quiet);
    recovery.start();
    await recovery.firstAttempt(5_000);
    await recovery.close();
    expect(attempts()).toBe(1);
    expect([answer(recovery, 'POST'), answer(recovery, 'GET')]).toEqual(['OWN_EVENT_CONTRADICTED', 'served']);
    expect((await healthOf(recovery)).checks['recovery']?.detail).toBe(
      'refuses to write: OWN_EVENT_CONTRADICTED',
    );
  });

  it('begins nothing any more once it is closed', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const recovery = new Recovery(() => promise, quiet);
    let began = false;
    void recovery.done.then(() => (began = true));
    recovery.start();
    const closing = recovery.close();
    resolve(undefined);
    await closing;
    expect(began).toBe(false);
  });

  it('leaves records from the broker to the streams, which begin by themselves', () => {
    const recovery = new Recovery(() => Promise.resolve(), quiet);
    expect(new RecoveryGuard(recovery).canActivate(asking('', 'rpc'))).toBe(true);
  });
});
