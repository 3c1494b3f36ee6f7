import { Command } from 'commander';
import { accessList } from './commands/access-list.ts';
import { accessProofCommand } from './commands/access-proof.ts';
import { auditExport } from './commands/audit-export.ts';
import { auditEvidence } from './commands/audit-evidence.ts';
import { auditFinding, auditFork } from './commands/audit-finding.ts';
import { auditProof } from './commands/audit-proof.ts';
import { auditVerify } from './commands/audit-verify.ts';
import { auditWitnesses } from './commands/audit-witnesses.ts';
import { documentCheck } from './commands/document-check.ts';
import { documentLost } from './commands/document-lost.ts';
import { eventGet } from './commands/event-get.ts';
import { eventParked, eventRerun } from './commands/event-parked.ts';
import { eventReissue } from './commands/event-reissue.ts';
import { eventSign } from './commands/event-sign.ts';
import { eventVerify } from './commands/event-verify.ts';
import { formsCheck } from './commands/forms-check.ts';
import { formsImport } from './commands/forms-import.ts';
import { formsList } from './commands/forms-list.ts';
import { formsShow } from './commands/forms-show.ts';
import { keysCovered } from './commands/keys-covered.ts';
import { keysList } from './commands/keys-list.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { practiceAct } from './commands/practice-act.ts';
import { practiceFile } from './commands/practice-file.ts';
import { practiceGaps } from './commands/practice-gaps.ts';
import { practiceList } from './commands/practice-list.ts';
import { practiceShow } from './commands/practice-show.ts';
import { protocolCancel } from './commands/protocol-cancel.ts';
import { protocolDay } from './commands/protocol-day.ts';
import { protocolList } from './commands/protocol-list.ts';
import { protocolLost } from './commands/protocol-lost.ts';
import { protocolShow } from './commands/protocol-show.ts';
import { quarantineActions } from './commands/quarantine-actions.ts';
import { quarantineDiscard, quarantineRestore } from './commands/quarantine-discard.ts';
import { quarantineList } from './commands/quarantine-list.ts';
import { quarantineRelease } from './commands/quarantine-release.ts';
import { quarantineRerun } from './commands/quarantine-rerun.ts';
import { quarantineShow } from './commands/quarantine-show.ts';
import { reconcile } from './commands/reconcile.ts';
import { registryRotateRoot } from './commands/registry-rotate-root.ts';
import { registrySnapshot } from './commands/registry-snapshot.ts';
import { status } from './commands/status.ts';
import { streamsList } from './commands/streams-list.ts';
import { streamsRewind } from './commands/streams-rewind.ts';
import { streamsRewinds } from './commands/streams-rewinds.ts';
import { tokenCreate } from './commands/token-create.ts';
import { tokenList } from './commands/token-list.ts';
import { tokenRevoke } from './commands/token-revoke.ts';
import { up } from './commands/up.ts';
import { webhookCreate } from './commands/webhook-create.ts';
import { webhookDelete } from './commands/webhook-delete.ts';
import { webhookList } from './commands/webhook-list.ts';
import { webhookPause } from './commands/webhook-pause.ts';
import { webhookResume } from './commands/webhook-resume.ts';
import { webhookRotate } from './commands/webhook-rotate.ts';
import { webhookShow } from './commands/webhook-show.ts';
import { webhookTestNow } from './commands/webhook-test.ts';
import { webhookUpdate } from './commands/webhook-update.ts';
import type { Tell } from './output/leaf.ts';

type Leaf = (tell: Tell) => Command;

const GROUPS: Readonly<Record<string, { readonly description: string; readonly leaves: readonly Leaf[] }>> = {
  practice: {
    description: 'File, find and show practices, and act on them',
    leaves: [practiceFile, practiceList, practiceShow, practiceGaps, practiceAct],
  },
  event: {
    description: 'Signed events: fetch, verify, what is parked, send or issue again, sign for tests',
    leaves: [eventGet, eventVerify, eventParked, eventRerun, eventReissue, eventSign],
  },
  document: {
    description: 'Documents: the signatures of citizens and professionals in them, and what a disk has lost',
    leaves: [documentCheck, documentLost],
  },
  keys: {
    description: 'Certificates: who expires when, the next key of a node, what a revocation covers',
    leaves: [keysList, keysRotate, keysCovered],
  },
  audit: {
    description: 'The log: proofs, copies and their verification, its witnesses, and evidence against it',
    leaves: [auditProof, auditExport, auditVerify, auditWitnesses, auditFinding, auditFork, auditEvidence],
  },
  access: {
    description: 'Who has read what at a node, and its proof in the log',
    leaves: [accessList, accessProofCommand],
  },
  registry: {
    description: 'The registry: its root, and a snapshot for a new node',
    leaves: [registryRotateRoot, registrySnapshot],
  },
  protocol: {
    description: 'The protocol register (protocollo) of an authority',
    leaves: [protocolList, protocolShow, protocolCancel, protocolDay, protocolLost],
  },
  quarantine: {
    description: 'What could not be accepted: list, show, release, run again, discard',
    leaves: [
      quarantineList,
      quarantineShow,
      quarantineRelease,
      quarantineRerun,
      quarantineDiscard,
      quarantineRestore,
      quarantineActions,
    ],
  },
  streams: {
    description: 'What nodes read: how far they are, and reading it again from a point in time',
    leaves: [streamsList, streamsRewind, streamsRewinds],
  },
  token: { description: "Tokens for partners' systems", leaves: [tokenCreate, tokenRevoke, tokenList] },
  webhook: {
    description: "The feed pushed to partners' systems",
    leaves: [
      webhookCreate,
      webhookList,
      webhookShow,
      webhookTestNow,
      webhookUpdate,
      webhookPause,
      webhookResume,
      webhookRotate,
      webhookDelete,
    ],
  },
  forms: {
    description: 'Form schemas (modulistica)',
    leaves: [formsImport, formsList, formsShow, formsCheck],
  },
};

/** The command line. Nothing here ends the process; wrong usage comes out as commander's error. */
export function program(tell: Tell, writeError: (text: string) => void): Command {
  // What follows a command's name is that command's: `reconcile` and `reconcile verify` both have --json.
  const root = new Command('reset-hub')
    .description('Re.Se.T. hub: the network on this machine, and what runs in it')
    .enablePositionalOptions();
  root.addCommand(up(tell)).addCommand(status(tell)).addCommand(reconcile(tell));
  for (const [name, { description, leaves }] of Object.entries(GROUPS)) {
    const group = new Command(name).description(description);
    for (const leaf of leaves) group.addCommand(leaf(tell));
    root.addCommand(group);
  }
  for (const command of everyCommand(root)) {
    command.exitOverride().configureOutput({ writeErr: writeError }).showHelpAfterError('(see --help)');
  }
  return root;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
