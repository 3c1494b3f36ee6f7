/** A log of real documents, its copy in a folder, and what a verification says of it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect } from 'vitest';
import type { Receipt } from '#contracts';
import type { ErrorCode } from '#errors';
import { aDecision, aPractice, TestLog, type DecidedEvent, type TestNetwork } from '#testing';
import { quorumPolicy } from '#tlog';
import { verifyFolder, type AuditReport, type VerifyFolderSettings } from '../index.ts';

/** For each test a new log of the network, and folders for its copy and for what was verified. Call it once in a file. */
export async function copies(network: TestNetwork): Promise<LogUnderTest> {
  const scratch = await mkdtemp(join(tmpdir(), 'verify-'));
  afterAll(() => rm(scratch, { recursive: true, force: true }));
  const under = new LogUnderTest(network);
  beforeEach(async () => {
    under.folder = await mkdtemp(join(scratch, 'copy-'));
    under.state = await mkdtemp(join(scratch, 'state-'));
    under.log = new TestLog(network);
  });
  return under;
}

export class LogUnderTest {
  readonly network: TestNetwork;
  folder = '';
  state = '';
  log: TestLog;

  constructor(network: TestNetwork) {
    this.network = network;
    this.log = new TestLog(network);
  }

  /** A practice with a filing and an act, both decided, with a receipt: five leaves. */
  async aWholePractice(into = this.log): Promise<readonly [DecidedEvent, DecidedEvent]> {
    const practice = aPractice(this.network);
    const filing = await aDecision(await practice.filedBy('c_d150').signed(), 1);
    const { participants } = filing.decision;
    const act = await aDecision(await practice.actBy('c_d150', 'proceeding.ended').signed(), 2, {
      participants,
    });
    into.event(filing.signed).decision(filing).event(act.signed).decision(act);
    await into.receipts([aReceipt(filing)], 'c_d150');
    return [filing, act];
  }

  async verify(other: Partial<VerifyFolderSettings> = {}): Promise<AuditReport> {
    return await verifyFolder({
      folder: this.folder,
      stateFolder: this.state,
      policy: quorumPolicy(this.log.signer.verifier, [], 0),
      earlier: [],
      root: this.network.root.fingerprint,
      now: () => this.network.clock.now(),
      threads: 0,
      ...other,
    });
  }

  /** Alters a file of the copy. */
  async change(path: string, alter: (bytes: Buffer) => Buffer): Promise<void> {
    const place = join(this.folder, path);
    await writeFile(place, alter(await readFile(place)));
  }
}

function aReceipt({ signed, decision }: DecidedEvent): Receipt {
  const { event, digest, network } = signed;
  return {
    version: '1.0',
    kind: 'received',
    by: event.author.ipa,
    time: network.clock.now().toISOString(),
    event: { author: event.author.ipa, id: event.id, digest },
    practice: event.practice,
    position: decision.position,
    code: null,
    registration: null,
    cancellation: null,
  };
}

/** How many findings of each code. */
export function found(report: AuditReport): Record<string, number> {
  return { ...report.findings.byCode };
}

export function resultOf({ steps }: AuditReport, step: string): string | undefined {
  return steps.find((one) => one.step === step)?.result;
}

export function notesOf({ notes }: AuditReport): Record<string, number> {
  return Object.fromEntries(notes.map(({ kind, count }) => [kind, count]));
}

export function coded(code: ErrorCode): Error {
  return expect.objectContaining({ code }) as Error;
}
