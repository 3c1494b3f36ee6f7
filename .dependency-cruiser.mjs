/** The walls between the rooms of docs/architecture.md. An entry: room → the rooms it may import. */
const ROOMS = {
  errors: [],
  contracts: ['errors'],
  tlog: ['errors'],
  evidence: ['errors', 'contracts', 'tlog'],
  'registry-chain': ['errors', 'contracts', 'evidence'],
  audit: ['errors', 'contracts', 'evidence', 'tlog', 'registry-chain'],
  protocollo: ['errors', 'contracts', 'evidence'],
  platform: ['errors'],
  persistence: ['errors', 'contracts', 'platform'],
  hsm: ['errors', 'evidence', 'platform'],
  access: ['errors', 'platform', 'persistence'],
  'kafka-client': ['errors'],
  messaging: ['errors', 'contracts', 'evidence', 'platform', 'persistence', 'kafka-client'],
  'registry-view': [
    'errors',
    'contracts',
    'evidence',
    'registry-chain',
    'platform',
    'persistence',
    'messaging',
  ],
  documents: ['errors', 'contracts', 'platform'],
  peers: ['errors', 'contracts', 'platform', 'registry-chain', 'registry-view'],
  'signed-uploads': ['errors', 'contracts', 'evidence'],
  actions: ['errors', 'contracts', 'evidence', 'platform', 'persistence', 'access'],
  quarantine: [
    'errors',
    'contracts',
    'evidence',
    'platform',
    'persistence',
    'access',
    'messaging',
    'actions',
  ],
  streams: ['errors', 'contracts', 'tlog', 'platform', 'persistence', 'access', 'messaging', 'actions'],
  node: [
    'errors',
    'contracts',
    'evidence',
    'hsm',
    'platform',
    'persistence',
    'access',
    'messaging',
    'registry-view',
    'streams',
  ],
  equivocations: ['errors', 'contracts', 'platform', 'persistence', 'access', 'node'],
  embedded: ['errors', 'contracts', 'platform', 'kafka-client'],
};

const walls = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `wall-of-${room}`,
  comment: `libs/${room} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  // A room's own specs may use the shared broker, database and builders, and certificates made for a test.
  from: { path: `^libs/${room}/src`, pathNot: '\\.(spec|fixture)\\.ts$' },
  to: { path: '^(libs|apps|test)/', pathNot: `^libs/(${[room, ...allowed].join('|')})/src` },
}));

export default {
  forbidden: [
    ...walls,
    {
      name: 'front-door-only',
      comment: 'a room is entered through its index (#room), never by a path into it',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'apps-enter-by-the-front-door',
      severity: 'error',
      from: { path: '^(apps|test)/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'pure-rooms-stay-pure',
      comment:
        'contracts, evidence, protocollo, tlog, signed-uploads, registry-chain, audit and errors run in an offline tool as they are',
      severity: 'error',
      from: {
        path: '^libs/(errors|contracts|evidence|protocollo|tlog|signed-uploads|registry-chain|audit)/src',
        pathNot: '\\.spec\\.ts$',
      },
      to: { path: 'node_modules/(@nestjs|kafkajs|pg|typeorm|rxjs)/' },
    },
    {
      name: 'native-code-behind-the-port',
      comment: 'koffi is optional: only a process with a key in a token loads it',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '^libs/hsm/src/native-cryptoki\\.ts$' },
      to: { path: 'node_modules/koffi/' },
    },
    {
      name: 'kafkajs-behind-the-port',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '^libs/(kafka-client|messaging|embedded|testing)/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '(\\.(spec|fixture)\\.ts$|^libs/testing/)' },
      to: { path: '^libs/testing/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
