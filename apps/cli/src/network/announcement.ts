import { removeNetwork, writeNetwork, type Network } from './network-file.ts';

/**
 * `network.json` of a network that is up. Nodes come back whenever they do, several in the same moment: the file is
 * written for one after the other, and never again once it was taken back.
 */
export class Announcement {
  readonly #home: string;
  #last: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(home: string) {
    this.#home = home;
  }

  /**
   * Writes what runs when its turn has come.
   * @throws what the file system says, and what `network` does
   */
  async publish(network: () => Network): Promise<void> {
    const written = this.#last.then(async () => {
      if (!this.#isOver) await writeNetwork(network());
    });
    // Whoever asked is told; the next one is not held up by it.
    this.#last = written.catch(() => undefined);
    await written;
  }

  /** Takes the file back, for good. */
  async withdraw(): Promise<void> {
    this.#isOver = true;
    await this.#last;
    await removeNetwork(this.#home);
  }
}
