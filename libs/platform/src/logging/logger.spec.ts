import { describe, expect, it } from 'vitest';

import { HubError } from '#errors';

import { createLogger, type Logger } from './logger.ts';
import { nestLogger } from './nest-logger.ts';

function recorder(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger('node', { level: 'trace', destination: { write: (line) => lines.push(line) } });
  return { logger, lines };
}

const TOKEN = `rh_${'A'.repeat(43)}`;

describe('the logger', () => {
  it('writes one JSON object a line, with name, level and time', () => {
    const { logger, lines } = recorder();
    logger.info({ port: 1 }, 'ready');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      name: 'node',
      level: 'info',
      msg: 'ready',
      port: 1,
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
  });

  it('masks secrets in fields, and a token wherever it stands', () => {
    const { logger, lines } = recorder();
    logger.info({
      token: 'hunter2',
      headers: { authorization: 'hunter2' },
      a: { b: { password: 'hunter2' } },
    });
    logger.error({ err: new Error(`refused ${TOKEN}`) }, `with ${TOKEN}`);
    expect(lines.join('')).not.toMatch(/hunter2|AAAA/);
  });

  it('writes a hub error by code and details, with its causes', () => {
    const { logger, lines } = recorder();
    const cause = new Error('socket closed');
    logger.error({
      err: new HubError('SERVICE_UNAVAILABLE', 'no registry', { cause, details: { member: 'p_cr' } }),
    });
    const { err } = JSON.parse(lines[0]!) as { err: Record<string, unknown> };
    expect(err).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: 'no registry',
      details: { member: 'p_cr' },
    });
    expect(err['cause']).toMatchObject({ message: 'socket closed' });
    expect(err).not.toHaveProperty('policy');
  });

  it('carries what Nest says, with its context, below the level of news', () => {
    const { logger, lines } = recorder();
    const nest = nestLogger(logger);
    nest.log('Mapped {/health, GET} route', 'RouterExplorer');
    nest.error('it broke', 'Error: it broke\n    at somewhere', 'Injector');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'debug', context: 'RouterExplorer', msg: 'Mapped {/health, GET} route' },
      { level: 'error', context: 'Injector', stack: 'Error: it broke\n    at somewhere', msg: 'it broke' },
    ]);
  });
});
