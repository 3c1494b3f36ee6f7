import { createConnection, createServer, type Server, type Socket } from 'node:net';

/**
 * How a network is cut. `refused`: connections end, and new ones are refused, as by a firewall that says so. `silent`:
 * nothing arrives any more and nobody is told, as by a cable that is pulled; what was sent meanwhile arrives at the end.
 */
export type CutKind = 'refused' | 'silent';

/** Everybody who comes by a way. */
const ALL = '*';

interface Pair {
  readonly from: string;
  readonly near: Socket;
  readonly far: Socket;
}

export interface WayOptions {
  /** The port that it leads to. */
  readonly to: () => number;
  /** Who comes from that port of the loopback address; only asked where a cut is to concern one of several. */
  readonly whose?: (port: number) => string | undefined;
}

/** A TCP relay on the loopback address in front of one port, which can be cut. What it carries stays encrypted. */
export class CuttableWay {
  readonly #server: Server;
  readonly #options: WayOptions;
  readonly #pairs = new Set<Pair>();
  /** Arrived while nothing passes, and who they are. */
  readonly #waiting = new Map<Socket, string>();
  readonly #cuts = new Map<string, CutKind>();

  private constructor(server: Server, options: WayOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => {
      this.#arrived(socket);
    });
  }

  /** Listens on a free port. */
  static async open(options: WayOptions): Promise<CuttableWay> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new CuttableWay(server, options);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** @param from whom to cut off; everybody unless given */
  cut(kind: CutKind, from = ALL): void {
    this.#cuts.set(from, kind);
    for (const { near, far } of this.#pairsOf(from)) {
      if (kind === 'silent') {
        near.pause();
        far.pause();
      } else {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    }
  }

  mend(from = ALL): void {
    this.#cuts.delete(from);
    for (const { near, far } of this.#pairsOf(from)) {
      near.resume();
      far.resume();
    }
    for (const [socket, who] of [...this.#waiting]) {
      if (this.#cutFor(who) !== undefined) continue;
      this.#waiting.delete(socket);
      this.#join(socket, who);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#waiting.keys()) socket.destroy();
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await closed;
  }

  #pairsOf(from: string): Pair[] {
    return [...this.#pairs].filter((pair) => from === ALL || pair.from === from);
  }

  #cutFor(who: string): CutKind | undefined {
    return this.#cuts.get(ALL) ?? this.#cuts.get(who);
  }

  #arrived(socket: Socket): void {
    socket.on('error', () => undefined);
    const who = this.#options.whose?.(socket.remotePort ?? 0) ?? '';
    const cut = this.#cutFor(who);
    if (cut === 'refused') {
      socket.resetAndDestroy();
    } else if (cut === 'silent') {
      this.#waiting.set(socket, who);
      socket.once('close', () => this.#waiting.delete(socket));
    } else {
      this.#join(socket, who);
    }
  }

  #join(near: Socket, from: string): void {
    const far = createConnection({ host: '127.0.0.1', port: this.#options.to(), noDelay: true });
    near.setNoDelay(true);
    const pair = { from, near, far };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    const isSilent = (): boolean => this.#cutFor(from) === 'silent';
    // By hand and not by a pipe, which would go on by itself after `pause`.
    carry(near, far, isSilent);
    carry(far, near, isSilent);
  }
}

function carry(from: Socket, to: Socket, isSilent: () => boolean): void {
  from.on('data', (bytes: Buffer) => {
    if (to.write(bytes)) return;
    from.pause();
    to.once('drain', () => {
      if (!isSilent()) from.resume();
    });
  });
}
