/** Mistakes that this kind of software has been made with, each as the smallest change of the source that makes it. */
import type { FaultKind } from '../schedule/fault.ts';
import { crashInLog, stoppedInAppend } from '../schedule/log-faults.ts';
import { crashAtPoint, processKilled } from '../schedule/process-faults.ts';

/** Processes that die between one commit and the next. */
const DEATHS = [crashAtPoint, processKilled];

export interface Defect {
  /** What it is, and what it does to whom. */
  readonly title: string;
  /** A difference that nothing but this defect makes: anything else that goes wrong does not count as catching it. */
  readonly shows: RegExp;
  /** What brings it out. */
  readonly kinds: readonly FaultKind[];
  readonly edits: readonly {
    readonly file: string;
    /** Stands in the file exactly once. */
    readonly from: string;
    readonly to: string;
  }[];
}

export const DEFECTS = {
  'offset-first': {
    title: 'offsets are committed before the transaction: what a crash cuts off is never read again',
    shows: /without a position|: not there|not in the log/,
    kinds: DEATHS,
    edits: [
      {
        file: 'libs/messaging/src/stream-session.ts',
        from: '      const outcomes = await this.#parts.gatherer.submit(chunk);',
        to: `      payload.resolveOffset(chunk.at(-1)!.offset);
      await this.#commit();
      const outcomes = await this.#parts.gatherer.submit(chunk);`,
      },
    ],
  },
  'seen-unchecked': {
    // `seen` alone is not enough of a defect: a practice that was folded with an event knows it by its acts as well.
    title:
      'neither `seen` nor the acts of a practice are asked: what is delivered again has its effect again',
    shows: /parked, POSITION_UNEXPECTED|told [0-9]+ times/,
    kinds: DEATHS,
    edits: [
      {
        file: 'libs/persistence/src/seen.ts',
        from: "    return known.get(id)?.equals(row.signedInfoDigest) === true ? 'again' : 'equivocation';",
        to: "    return 'new';",
      },
      {
        file: 'apps/authority/src/inbox/practice-book.ts',
        from: 'const act = position < nextOf(held) ? actOf(held, received) : undefined;',
        to: 'const act = position < 0 ? actOf(held, received) : undefined;',
      },
    ],
  },
  'signed-again': {
    title:
      'a decision is signed again when its event is read again after a crash, instead of standing as it was stored',
    shows: /LOG_LEAF_CONTRADICTED|in [0-9]+ versions|another decision/,
    kinds: DEATHS,
    edits: [
      {
        file: 'apps/router/src/routing/route-batch.ts',
        from: "import { HubError } from '#errors';\n",
        to: "import { HubError } from '#errors';\nimport { parseDecision, parseSignedItem } from '#contracts';\n",
      },
      {
        file: 'apps/router/src/routing/route-batch.ts',
        from: '    await this.#publish(tx, placed.routed, now);\n',
        to: `    await this.#publish(tx, placed.routed, now);
    for (const arrival of arrivals) {
      if (placed.routed.some((one) => one.arrival === arrival)) continue;
      const [row] = await tx.query('select decision from routed_event where author = $1 and event_id = $2', [
        arrival.event.author.ipa,
        arrival.event.id,
      ]);
      if (row === undefined) continue;
      const decision = { ...parseDecision(parseSignedItem(row.decision).item), time: now.toISOString() };
      const { items } = await signDecisions([decision], this.#parts.signer, now);
      await appendOutbox(tx, decisionRecords([{ arrival, decision }], items).map((one) => ({ ...one, kept: undefined })));
    }
`,
      },
    ],
  },
  'checkpoint-first': {
    title:
      'the checkpoint is in the folder before the tiles that it is about: a crash leaves it there without them',
    shows: /checkpoint of [0-9]+ leaves without its tiles/,
    kinds: [crashInLog],
    edits: [
      {
        file: 'apps/auditor/src/files/publish-files.ts',
        from: '    await folder.put(written.map(({ tile, bytes }) => ({ path: tilePath(tile), bytes })));\n',
        to: `    await folder.putCheckpoint(to.note);
    await folder.put(written.map(({ tile, bytes }) => ({ path: tilePath(tile), bytes })));
`,
      },
      {
        file: 'apps/auditor/src/files/publish-files.ts',
        from: '    if (!sameNote(await folder.checkpoint(), state.note)) {',
        to: '    if (!sameNote(await folder.checkpoint(), to.note)) {',
      },
    ],
  },
  'tree-remembered': {
    title:
      'the writer goes on from the tree in its memory, and not from what the database has: an append that did not commit is in it',
    shows: /leaves, its checkpoint says/,
    kinds: [stoppedInAppend],
    edits: [
      {
        file: 'apps/auditor/src/log/integrate.ts',
        from: 'export const MAX_LEAVES = 1_024;\n',
        to: `export const MAX_LEAVES = 1_024;
let remembered: CompactRange | undefined;
`,
      },
      {
        file: 'apps/auditor/src/log/integrate.ts',
        from: 'await Promise.all([placeLeaves(tx, head.size), resume(tx, head)]);\n',
        to: `await Promise.all([placeLeaves(tx, head.size), remembered ?? resume(tx, head)]);
  remembered = range;
`,
      },
    ],
  },
  'entry-of-arrival': {
    title:
      'the entry says when the log took it in, not when it was signed: nobody can make it anew from what was signed',
    shows: /AUDIT_ENTRY_DISAGREES/,
    kinds: DEATHS,
    edits: [
      {
        file: 'apps/auditor/src/intake/leaf-candidate.ts',
        from: '    entry: logEntry(entry).bytes,',
        to: '    entry: logEntry({ ...entry, time: new Date().toISOString() }).bytes,',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Defect>>;
