import type { RequestListener, Server } from 'node:http';

import { ExpressAdapter } from '@nestjs/platform-express';

/** Nest's Express adapter on a server of ours: Nest's own takes no header limit, and one server only. */
export class HubExpressAdapter extends ExpressAdapter {
  constructor(private readonly newServer: (listener: RequestListener) => Server) {
    super();
  }

  override initHttpServer(): void {
    this.setHttpServer(this.newServer(this.getInstance<RequestListener>()));
  }
}
