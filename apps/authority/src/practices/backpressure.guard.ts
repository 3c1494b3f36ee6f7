import { Inject, Injectable, type CanActivate } from '@nestjs/common';
import { OutboxBound } from './outbox-bound.ts';

/** Refuses what would be written to a full outbox, before its files are read: 503 `OUTBOX_FULL` with `Retry-After`. */
@Injectable()
export class BackpressureGuard implements CanActivate {
  constructor(@Inject(OutboxBound) private readonly outbox: OutboxBound) {}

  async canActivate(): Promise<boolean> {
    await this.outbox.check();
    return true;
  }
}
