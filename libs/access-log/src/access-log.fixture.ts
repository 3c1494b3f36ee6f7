/** Who has read what at a node over a database of its own, for the specs of this room. */
import { randomUUID } from 'node:crypto';
import { ACCESS_MIGRATIONS } from '#access';
import { ActionLog, ActionsOfNodes1767225605000, CreateActions1767225603303 } from '#actions';
import type { Signer } from '#evidence';
import { createDataSource, SHARED_MIGRATIONS, UnitOfWork } from '#persistence';
import { systemIds } from '#platform';
import type { TestClock, TestNetwork } from '#testing';
import { afterAll } from 'vitest';
import { AccessLog, type ReadThing } from './access-log.ts';
import { AnchorAccesses } from './anchor-accesses.ts';
import { CreateAccessLog1767225605201 } from './create-access-log.ts';
import { ListAccesses } from './list-accesses.ts';
import { ProveAccess } from './prove-access.ts';
import type { Reader } from './reader.ts';

/** What is read unless a spec says otherwise. */
export function aPractice(other: Partial<ReadThing> = {}): ReadThing {
  return { kind: 'practice', practice: { owner: 'c_d150', uuid: randomUUID() }, id: null, ...other };
}

/** An operator of the node's, by a token of his own. */
export function aReader(other: Partial<Reader> = {}): Reader {
  return { tokenId: randomUUID(), operator: null, purpose: null, counted: 'each', ...other };
}

/** One instance of a node: several over one database are several processes. */
export class TestAccesses {
  readonly log: AccessLog;
  readonly list: ListAccesses;
  readonly prove: ProveAccess;

  private constructor(
    readonly work: UnitOfWork,
    readonly clock: TestClock,
    readonly signer: Signer,
  ) {
    this.log = new AccessLog({ node: signer.holder, clock, ids: systemIds });
    this.list = new ListAccesses(work);
    this.prove = new ProveAccess(work, signer.holder);
  }

  /** Call it at the file's top level: it ends with the file. */
  static async open(url: string, network: TestNetwork, clock: TestClock): Promise<TestAccesses> {
    const source = await createDataSource({
      url,
      name: 'access-log-test',
      migrations: [
        ...SHARED_MIGRATIONS,
        ...ACCESS_MIGRATIONS,
        CreateActions1767225603303,
        ActionsOfNodes1767225605000,
        CreateAccessLog1767225605201,
      ],
    });
    afterAll(() => source.destroy());
    return new TestAccesses(new UnitOfWork(source), clock, network.signerOf('c_d150'));
  }

  /** @param signer the node's, unless given */
  anchors({
    signer = this.signer,
    max,
  }: { readonly signer?: Signer; readonly max?: number } = {}): AnchorAccesses {
    const { work, clock } = this;
    const actions = new ActionLog({ role: 'authority', signer, clock, ids: systemIds });
    return new AnchorAccesses({ work, actions, clock }, max);
  }

  /** A read that is answered. */
  read(thing: ReadThing = aPractice(), reader: Reader = aReader()): Promise<void> {
    return this.work.answer((tx) => this.log.note(tx, reader, thing));
  }

  rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.work.run((tx) => tx.query<Row>(sql, params));
  }

  /** How many accesses there are of a practice, or of all. */
  async count(uuid: string | null = null): Promise<number> {
    const [row] = await this.rows<{ n: number }>(
      'select count(*)::int as n from access_record where $1::uuid is null or uuid = $1',
      [uuid],
    );
    return row?.n ?? 0;
  }
}
