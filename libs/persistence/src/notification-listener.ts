import pg from 'pg';

const RECONNECT_MS = 1_000;

/**
 * Hears `NOTIFY` on one channel over a connection of its own, for as long as it is open. A notification may be missed
 * while the connection is away, so whoever listens also polls; after each connect it is called once to catch up.
 */
export class NotificationListener {
  readonly #url: string;
  readonly #channel: string;
  readonly #heard: (payload: string) => void;
  #client: pg.Client | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  /** `channel` is a name of the code, never of a caller. */
  constructor(url: string, channel: string, heard: (payload: string) => void) {
    this.#url = url;
    this.#channel = channel;
    this.#heard = heard;
  }

  /** Connects; if the database is away, keeps trying in the background. */
  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: `listen ${this.#channel}`,
      keepAlive: true,
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      if (this.#client === client) this.#later();
    });
    client.on('notification', (message) => {
      this.#heard(message.payload ?? '');
    });
    this.#client = client;
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      this.#heard('');
    } catch {
      await client.end().catch(() => undefined);
      this.#later();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #later(): void {
    if (this.#closed || this.#again !== undefined) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      void this.open();
    }, RECONNECT_MS);
  }
}
