/** Mistakes that this kind of software has been made with, each as the smallest change of the source that makes it. */

export interface Defect {
  /** What it is, and what it does to whom. */
  readonly title: string;
  /** A difference that nothing but this defect makes: anything else that goes wrong does not count as catching it. */
  readonly shows: RegExp;
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
} as const satisfies Readonly<Record<string, Defect>>;
