import { crc32 } from 'node:zlib';

/** One version of a document; written once, never changed. */
export interface DocumentRow {
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly author: string;
  readonly time: number;
  /** JSON text; `null` when this version is the deletion. */
  readonly value: string | null;
  readonly crc: number;
  /** Counts the writes of all documents. */
  readonly place: number;
}

/** What is counted of one Thing: the message it said last, and how many events and run states it had. */
export interface ThingRow {
  readonly thing: string;
  readonly e: number | null;
  readonly s: number | null;
  readonly events: number;
  readonly runs: number;
  readonly crc: number;
}

/** The newest value of a property. */
export interface ValueRow {
  readonly thing: string;
  readonly name: string;
  readonly value: string;
  readonly time: number;
  readonly version: number;
  readonly crc: number;
}

/** The `n`th event of a Thing. */
export interface EventRow {
  readonly thing: string;
  readonly n: number;
  readonly e: number | null;
  readonly s: number | null;
  readonly time: number;
  readonly name: string;
  readonly data: string | null;
  readonly crc: number;
}

/** A run of an action: in order of `n`, and once it ended in order of `ended`. */
export interface RunRow {
  readonly thing: string;
  readonly id: string;
  readonly n: number;
  readonly ended: number | null;
  /** Its whole status as JSON text. */
  readonly status: string;
  readonly crc: number;
}

/** A write that waits for its Thing. */
export interface WishRow {
  readonly thing: string;
  readonly name: string;
  readonly version: number;
  readonly time: number;
  readonly value: string;
  readonly crc: number;
}

/** Every table by its name, and the rows in it. */
export interface Tables {
  readonly documents: DocumentRow;
  readonly things: ThingRow;
  readonly property_values: ValueRow;
  readonly events: EventRow;
  readonly runs: RunRow;
  readonly wishes: WishRow;
}

/** Name of a table. */
export type TableName = keyof Tables;

/** How a table is laid out. */
export interface Layout {
  /** The columns that tell its rows apart. */
  readonly key: readonly string[];
  /** All of them, in their order in the database; `number` is a double, exact for all that JSON counts. */
  readonly columns: Readonly<Record<string, 'text' | 'number' | 'integer'>>;
  /** What a column becomes when its row is written again. Default: the new value. Such columns are outside the check. */
  readonly merged?: Readonly<Record<string, 'sum' | 'first'>>;
}

/** The layout of every table: statements, checks and the rescue of a damaged file are made from it. */
export const layouts: Readonly<Record<TableName, Layout>> = {
  documents: {
    key: ['collection', 'key', 'version'],
    columns: {
      collection: 'text',
      key: 'text',
      version: 'integer',
      author: 'text',
      time: 'number',
      value: 'text',
      crc: 'integer',
      place: 'integer',
    },
    merged: { place: 'first' },
  },
  things: {
    key: ['thing'],
    columns: {
      thing: 'text',
      e: 'number',
      s: 'number',
      events: 'integer',
      runs: 'integer',
      crc: 'integer',
    },
  },
  property_values: {
    key: ['thing', 'name'],
    columns: {
      thing: 'text',
      name: 'text',
      value: 'text',
      time: 'number',
      version: 'integer',
      crc: 'integer',
    },
    merged: { version: 'sum' },
  },
  events: {
    key: ['thing', 'n'],
    columns: {
      thing: 'text',
      n: 'integer',
      e: 'number',
      s: 'number',
      time: 'number',
      name: 'text',
      data: 'text',
      crc: 'integer',
    },
  },
  runs: {
    key: ['thing', 'id'],
    columns: {
      thing: 'text',
      id: 'text',
      n: 'integer',
      ended: 'integer',
      status: 'text',
      crc: 'integer',
    },
    merged: { n: 'first' },
  },
  wishes: {
    key: ['thing', 'name'],
    columns: {
      thing: 'text',
      name: 'text',
      version: 'integer',
      time: 'number',
      value: 'text',
      crc: 'integer',
    },
  },
};

/** Every table that is about one Thing, the Thing's own last. */
export const thingTables = ['property_values', 'events', 'runs', 'wishes', 'things'] as const;

/** A row without its check. */
export type Unchecked<Row> = Omit<Row, 'crc'>;

/**
 * The row with its check: the CRC-32 of its columns, as a signed integer.
 *
 * SQLite notices a damaged page, not a damaged byte in a text: this does.
 */
export function withCheck<T extends TableName>(table: T, row: Unchecked<Tables[T]>): Tables[T] {
  return { ...row, crc: checkOf(table, row) } as Tables[T];
}

/** Whether a row that was read is as it was written. */
export function isIntact<T extends TableName>(table: T, row: Tables[T]): boolean {
  return row.crc === checkOf(table, row);
}

/**
 * The same for a row of which only the cells were read, in the order of its columns: much sooner where there are many.
 *
 * @returns whether the cells are as they were written.
 */
export function cellCheck(table: TableName): (cells: readonly unknown[]) => boolean {
  const { columns, merged = {} } = layouts[table];
  const names = Object.keys(columns);
  const checked = [...names.keys()].filter((n) => isChecked(names[n] ?? '', merged));
  const crc = names.indexOf('crc');
  return (cells) => {
    let text = '';
    for (const n of checked) text += `${cells[n] ?? ''}\0`;
    return cells[crc] === (crc32(text) | 0);
  };
}

function checkOf(table: TableName, row: object): number {
  const { columns, merged = {} } = layouts[table];
  let text = '';
  for (const column in columns) {
    if (!isChecked(column, merged)) continue;
    text += `${(row as Record<string, unknown>)[column] ?? ''}\0`;
  }
  return crc32(text) | 0;
}

const isChecked = (column: string, merged: object) => column !== 'crc' && !(column in merged);
