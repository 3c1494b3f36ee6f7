import { describe, expect, it } from 'vitest';

import { HubError } from '#errors';

import { HealthRegistry } from './health-registry.ts';

describe('health', () => {
  it('is up without probes', async () => {
    expect(await new HealthRegistry().check()).toEqual({ status: 'up', checks: {} });
  });

  it('is degraded, not down, when something it can do without is down or anything is degraded', async () => {
    const health = new HealthRegistry();
    health.register('auditor', () => ({ status: 'down' }), { required: false });
    expect((await health.check()).status).toBe('degraded');
    health.register('auditor', () => ({ status: 'degraded', detail: 'behind by 3' }));
    expect((await health.check()).status).toBe('degraded');
  });

  it('tells the code of a probe that throws a hub error, and nothing of another error', async () => {
    const health = new HealthRegistry();
    health.register('broker', () => Promise.reject(new HubError('SERVICE_UNAVAILABLE', 'broker 10.0.0.7')));
    health.register('database', () => {
      throw new Error('password hunter2');
    });
    const { status, checks } = await health.check();
    expect(status).toBe('down');
    expect(checks['broker']?.detail).toBe('SERVICE_UNAVAILABLE: The service cannot answer at the moment.');
    expect(checks['database']?.detail).toBe('the probe failed');
  });

  it('does not wait for a probe that never answers', async () => {
    const health = new HealthRegistry(20);
    health.register('broker', () => Promise.withResolvers<never>().promise);
    expect((await health.check()).checks['broker']).toEqual({
      status: 'down',
      detail: 'no answer within 20 ms',
    });
  });
});
