import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Recovery } from './recovery.ts';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Lets reads through always, and writes only when the node knows what it has published. */
@Injectable()
export class RecoveryGuard implements CanActivate {
  constructor(@Inject(Recovery) private readonly recovery: Recovery) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    if (!READS.has(context.switchToHttp().getRequest<Request>().method)) this.recovery.requireDone();
    return true;
  }
}
