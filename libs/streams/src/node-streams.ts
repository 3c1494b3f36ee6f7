import type { HubTransport, StreamStatus } from '#messaging';

type Transport = Pick<HubTransport, 'streams' | 'again'>;

/** The streams of a node, for whoever is made before they are: they are attached when the node is put into service. */
export class NodeStreams {
  #transport: Transport | undefined;

  attach(transport: Transport): void {
    this.#transport = transport;
  }

  list(): readonly StreamStatus[] {
    return this.#transport?.streams() ?? [];
  }

  /** Lets the streams of these groups go on where the database says by now. */
  async again(groups: readonly string[]): Promise<void> {
    await this.#transport?.again(groups);
  }
}
