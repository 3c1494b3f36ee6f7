/** The decision on the wire (`contracts/xsd/decision-1.xsd`): an item of a batch, never signed by itself. */
import type { Decision } from '../decision.ts';
import { EVENT_TYPES, PARTS } from '../event.ts';
import { parseEventId, parseIpaCode, parseSha256 } from '../ids.ts';
import { REGIMES, type Participant, type RuleEvaluation } from '../procedure.ts';
import {
  readFact,
  readPractice,
  readProcedureVersion,
  readRegistryVersion,
  readTerm,
  writeFact,
  writePractice,
  writeProcedureVersion,
  writeRegistryVersion,
  writeTerm,
} from './fragments.ts';
import { all, moment, one, required, truth, version, whole, word } from './read.ts';
import { readTree, type XmlTree } from './tree.ts';
import { attribute, document, element } from './write.ts';

/** The decision's bytes: UTF-8, its own exclusive canonical form. These bytes are the leaf of its batch. */
export function serializeDecision(decision: Decision): Buffer {
  const { event } = decision;
  return document(
    'decision',
    attribute('position', decision.position) +
      attribute('router', decision.router) +
      attribute('time', decision.time) +
      attribute('version', decision.version),
    element(
      'Event',
      attribute('author', event.author) +
        attribute('digest', event.digest) +
        attribute('id', event.id) +
        attribute('signedInfoDigest', event.signedInfoDigest) +
        attribute('type', event.type),
    ) +
      writePractice(decision.practice) +
      writeRegistryVersion('Registry', decision.registry) +
      writeProcedureVersion(decision.procedure) +
      element('Participants', '', decision.participants.map(writeParticipant).join('')) +
      element('Rules', '', decision.rules.map(writeRule).join('')),
  );
}

/**
 * Reads a decision, without its XSD (see `parseValidated`).
 * @throws HubError `XML_TOO_LARGE`, `XML_MALFORMED`, `XML_FORBIDDEN_CONSTRUCT`, `XML_UNEXPECTED`, `ID_MALFORMED`
 */
export function parseDecision(xml: Buffer): Decision {
  return readDecision(readTree('decision', xml));
}

export function readDecision(tree: XmlTree): Decision {
  const event = one(tree, 'Event');
  return {
    version: version(required(tree, 'version')),
    router: required(tree, 'router'),
    time: moment(required(tree, 'time')),
    event: {
      author: parseIpaCode(required(event, 'author')),
      id: parseEventId(required(event, 'id')),
      type: word(required(event, 'type'), EVENT_TYPES),
      digest: parseSha256(required(event, 'digest')),
      signedInfoDigest: parseSha256(required(event, 'signedInfoDigest')),
    },
    practice: readPractice(one(tree, 'Practice')),
    position: whole(required(tree, 'position')),
    registry: readRegistryVersion(one(tree, 'Registry')),
    procedure: readProcedureVersion(one(tree, 'Procedure')),
    participants: all(one(tree, 'Participants'), 'Participant').map(readParticipant),
    rules: all(one(tree, 'Rules'), 'Rule').map(readRule),
  };
}

function writeParticipant(participant: Participant): string {
  return element(
    'Participant',
    attribute('ipa', participant.ipa) +
      attribute('joined', participant.joined) +
      attribute('legalBasis', participant.legalBasis) +
      attribute('part', participant.part) +
      attribute('regime', participant.regime) +
      attribute('rule', participant.rule),
    writeTerm(participant.term),
  );
}

function readParticipant(tree: XmlTree): Participant {
  return {
    ipa: parseIpaCode(required(tree, 'ipa')),
    joined: truth(required(tree, 'joined')),
    part: word(required(tree, 'part'), PARTS),
    regime: word(required(tree, 'regime'), REGIMES),
    term: readTerm(one(tree, 'Term')),
    legalBasis: required(tree, 'legalBasis'),
    rule: required(tree, 'rule'),
  };
}

function writeRule(rule: RuleEvaluation): string {
  return element(
    'Rule',
    attribute('id', rule.rule) + attribute('matched', rule.matched),
    rule.facts.map(writeFact).join(''),
  );
}

function readRule(tree: XmlTree): RuleEvaluation {
  return {
    rule: required(tree, 'id'),
    matched: truth(required(tree, 'matched')),
    facts: all(tree, 'Fact').map(readFact),
  };
}
