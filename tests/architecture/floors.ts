/** One row of the floors: packages, and which packages they may import. */
export interface Floor {
  readonly floor: number;
  /** Folders below `packages/`, or of the workspace itself; `adapters/*` is every adapter. */
  readonly packages: readonly string[];
  readonly imports: readonly string[];
  /** Whether it may import their types only. Default false. */
  readonly typesOnly?: boolean;
  /** Why it is so, for the reader of docs/architecture.md. */
  readonly because: string;
}

/**
 * What may import what: the house's one rule, from which `tests/architecture.test.ts` checks each import
 * and `npm run docs` prints the table of docs/architecture.md.
 */
export const floors: readonly Floor[] = [
  {
    floor: 0,
    packages: ['core'],
    imports: [],
    because: 'the words, the ports and the bus that everything else meets in',
  },
  {
    floor: 1,
    packages: ['broker', 'storage', 'management', 'security', 'application', 'adapters/*'],
    imports: ['core'],
    because: 'services never import one another: they meet on the bus or through a port of core',
  },
  {
    floor: 1,
    packages: ['client'],
    imports: ['core'],
    typesOnly: true,
    because:
      'runs in a browser without dependencies: it speaks the W3C interface, in the words of core',
  },
  {
    floor: 2,
    packages: ['gateway'],
    imports: ['core', 'broker', 'storage', 'management', 'security', 'application'],
    because: 'only composes: where `new` meets configuration',
  },
  {
    floor: 3,
    packages: ['cli'],
    imports: ['core', 'client', 'storage', 'management', 'gateway', 'adapters/*'],
    because:
      'the command people type, on top of all; it looks around the network and serves things by itself',
  },
  {
    floor: 4,
    packages: ['examples'],
    imports: ['core', 'client', 'gateway', 'adapters/*'],
    because: 'what a user of the packages may do, by their front doors',
  },
  {
    floor: 5,
    packages: ['tests'],
    imports: [
      'core',
      'broker',
      'storage',
      'management',
      'security',
      'application',
      'adapters/*',
      'client',
      'gateway',
      'cli',
      'examples',
    ],
    because: 'journeys across packages, by their front doors',
  },
];

/** The rooms of core, lowest first: a room may import itself and those before it. */
export const coreRooms = [
  'problem',
  'data',
  'td',
  'ports',
  'bus',
  'thing',
  'gateway',
  'cloud',
  'testing',
] as const;

/** The most lines a source file may have, its tests aside. */
export const longestFile = 300;
