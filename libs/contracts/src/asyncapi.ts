/** The AsyncAPI 3.0 document of every topic, made from the topic table: `contracts/asyncapi/hub.yaml`. */
import { stringify } from 'yaml';
import { CLOUD_EVENT_HEADERS, HUB_HEADERS } from './cloud-events.ts';
import { TOPICS, type HubClass, type TopicDefinition, type TopicParty } from './topics.ts';
import { DOCUMENT_VERSION } from './xml/kinds.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

interface MessageDefinition {
  readonly title: string;
  readonly summary: string;
  /** File in `contracts/xsd`; null where the value is whatever was refused. */
  readonly xsd: string | null;
  /** Headers beyond CloudEvents', always there. */
  readonly headers: Readonly<Record<string, string>>;
  /** Others that may be absent. */
  readonly optional?: Readonly<Record<string, string>>;
}

/** A record by class; an event in an inbox is the same record with its decision beside it. */
const MESSAGES: Readonly<Record<HubClass | 'routedEvent', MessageDefinition>> = {
  event: {
    title: 'Event',
    summary: 'An event, signed by its author. Value: the signed bytes, never written again by anyone.',
    xsd: 'event-1.xsd',
    headers: {},
  },
  routedEvent: {
    title: 'Event with its decision',
    summary: 'The same signed bytes, and the decision that gives them their position.',
    xsd: 'event-1.xsd',
    headers: { [HUB_HEADERS.decision]: 'The batch-signed decision (signed-item-1.xsd, decision-1.xsd).' },
  },
  decision: {
    title: 'Decision',
    summary: 'A batch-signed decision; its item follows decision-1.xsd, its batch batch-1.xsd.',
    xsd: 'signed-item-1.xsd',
    headers: {},
  },
  receipt: {
    title: 'Receipt',
    summary: 'A batch-signed receipt; its item follows receipt-1.xsd, its batch batch-1.xsd.',
    xsd: 'signed-item-1.xsd',
    headers: {},
  },
  parked: {
    title: 'Parked record',
    summary: 'Bytes that were refused, as they came. CloudEvents headers as far as the record had them.',
    xsd: null,
    headers: {
      [HUB_HEADERS.code]: 'Stable code of the refusal.',
      [HUB_HEADERS.reason]: 'What was wrong, in one sentence.',
      [HUB_HEADERS.origin]: 'Where it came from: <topic>/<partition>/<offset>.',
    },
  },
  equivocation: {
    title: 'Notice of equivocation',
    summary:
      'An event that contradicts another of its author: the signed bytes of the one that came second. Whoever gets it verifies both.',
    xsd: 'event-1.xsd',
    headers: {},
    optional: {
      [HUB_HEADERS.first]:
        'The signed bytes of the event that it contradicts; absent if both are too large for one record.',
      [HUB_HEADERS.decision]: 'The batch-signed decision on that event, if it was placed.',
    },
  },
  entry: {
    title: 'Registry entry',
    summary: 'One link of the registry chain, signed by the registry.',
    xsd: 'registry-1.xsd',
    headers: {},
  },
  heartbeat: {
    title: 'Registry heartbeat',
    summary: 'Signed once a minute with the chain’s head; not part of the chain.',
    xsd: 'heartbeat-1.xsd',
    headers: {},
  },
};

const MILLISECONDS_A_DAY = 86_400_000;

/** Who a party is, for people. */
const PARTIES: Readonly<Record<TopicParty, string>> = {
  registry: 'the registry',
  router: 'the router',
  auditor: 'the auditor',
  owner: 'the member that the topic is named after, and no other',
  members: 'every joined member',
};

/** Text of `contracts/asyncapi/hub.yaml`. Pure: the same code gives the same text. */
export function asyncApiYaml(): string {
  const body = stringify(asyncApiDocument(), { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Generated from libs/contracts/src/topics.ts; a test fails when the two differ.\n${body}`;
}

/** The AsyncAPI 3.0 document as an object. */
export function asyncApiDocument(): Json {
  const entries: [string, TopicDefinition][] = Object.entries(TOPICS);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Re.Se.T. hub',
      version: DOCUMENT_VERSION,
      description:
        'Every topic with its writers, readers and retention. Writers and readers are enforced by the broker (mutual TLS, ACLs); what a record says counts only if its signature verifies.',
      license: { name: 'EUPL-1.2' },
    },
    defaultContentType: 'application/xml',
    channels: Object.fromEntries(entries.map(([id, topic]) => [id, channel(topic)])),
    operations: Object.fromEntries(entries.flatMap(([id, topic]) => operations(id, topic))),
    components: {
      messages: Object.fromEntries(
        Object.entries(MESSAGES).map(([id, message]) => [id, describe(id, message)]),
      ),
    },
  };
}

function messagesOf(topic: TopicDefinition): readonly string[] {
  const routed = topic.name === TOPICS.inbox.name;
  return topic.carries.map((hubClass) => (routed && hubClass === 'event' ? 'routedEvent' : hubClass));
}

function channel(topic: TopicDefinition): Json {
  const forEver = topic.retentionDays === null;
  return {
    address: topic.name,
    description: `${topic.purpose} Kept ${forEver ? 'for ever' : `${String(topic.retentionDays)} days`}.`,
    ...(topic.name.includes('{ipa}')
      ? { parameters: { ipa: { description: 'IPA code of the member, as the registry lists it.' } } }
      : {}),
    messages: Object.fromEntries(
      messagesOf(topic).map((id) => [id, { $ref: `#/components/messages/${id}` }]),
    ),
    'x-writers': topic.writers,
    'x-readers': topic.readers,
    bindings: {
      kafka: {
        partitions: topic.partitions,
        topicConfiguration: {
          'cleanup.policy': ['delete'],
          'retention.ms': topic.retentionDays === null ? -1 : topic.retentionDays * MILLISECONDS_A_DAY,
        },
      },
    },
  };
}

function operations(id: string, topic: TopicDefinition): readonly (readonly [string, Json])[] {
  const operation = (action: 'send' | 'receive', party: TopicParty): readonly [string, Json] => [
    `${party}.${action}.${id}`,
    {
      action,
      channel: { $ref: `#/channels/${id}` },
      summary: `${action === 'send' ? 'Written' : 'Read'} by ${PARTIES[party]}.`,
    },
  ];
  return [
    ...topic.writers.map((party) => operation('send', party)),
    ...topic.readers.map((party) => operation('receive', party)),
  ];
}

function describe(id: string, message: MessageDefinition): Json {
  const headers = [...CLOUD_EVENT_HEADERS, ...Object.keys(message.headers)];
  return {
    name: id,
    title: message.title,
    summary: message.summary,
    contentType: 'application/xml',
    headers: {
      type: 'object',
      ...(message.xsd === null
        ? { required: ['hub_class', ...Object.keys(message.headers)] }
        : { required: headers }),
      properties: Object.fromEntries(
        [...headers, ...Object.keys(message.optional ?? {})].map((name) => [name, header(name, id, message)]),
      ),
    },
    ...(message.xsd === null
      ? {}
      : { payload: { schemaFormat: 'application/xml', schema: { $ref: `../xsd/${message.xsd}` } } }),
  };
}

function header(name: string, id: string, message: MessageDefinition): Json {
  const constants: Readonly<Record<string, string>> = {
    ce_specversion: '1.0',
    'content-type': 'application/xml',
    hub_class: id === 'routedEvent' ? 'event' : id,
  };
  const constant = constants[name];
  const description = message.headers[name] ?? message.optional?.[name];
  return {
    type: 'string',
    ...(constant === undefined ? {} : { const: constant }),
    ...(description === undefined ? {} : { description }),
  };
}
