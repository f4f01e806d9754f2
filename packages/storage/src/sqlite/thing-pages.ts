import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { DamageReport } from '../schema/damage.ts';
import { columnsOf } from '../schema/statements.ts';
import { cellCheck, type TableName } from '../schema/tables.ts';

/** Some Things as one text for `readThingPage`, and after which one the next page begins; `undefined`: there is none. */
export interface ThingPageText {
  readonly text: string;
  readonly last: string | undefined;
}

type Cells = readonly unknown[];

/** Things that are read together. */
const pageSize = 500;

/** After every text: SQLite orders bytes behind them. */
const end = new Uint8Array();

/**
 * Reads what the journal knows of Things, by the thousand: cells instead of objects, and what is JSON on disk stays text.
 *
 * A text is also what is soonest in another thread.
 */
export class ThingPages {
  readonly #heads: Reader;
  readonly #values: Reader;
  readonly #runs: Reader;
  readonly #wishes: Reader;

  /** @param report told of each row that fails its check: it is left out. */
  constructor(db: DatabaseSync, report: DamageReport) {
    const above = 'thing > ? order by thing limit ?';
    const within = 'thing > ? and thing <= ? order by thing';
    this.#heads = new Reader(db, 'things', above, report);
    this.#values = new Reader(db, 'property_values', within, report);
    this.#runs = new Reader(db, 'runs', `${within}, n`, report);
    this.#wishes = new Reader(db, 'wishes', within, report);
  }

  /** The Things after `after` in order of their ids, a page of them. */
  page(after: string): ThingPageText {
    const { rows, count, lastKey } = this.#heads.read(after, pageSize);
    const last = count < pageSize ? undefined : lastKey;
    const upTo = last ?? end;
    const values = joined(this.#values.read(after, upTo).rows, valueText);
    const wishes = joined(this.#wishes.read(after, upTo).rows, wishText);
    const runs = joined(this.#runs.read(after, upTo).rows, runText);
    const things = rows.map(([thing, e, s]) => {
      const of = (texts: ReadonlyMap<unknown, string>) => `[${texts.get(thing) ?? ''}]`;
      return `[${JSON.stringify(thing)},${e},${s},${of(values)},${of(runs)},${of(wishes)}]`;
    });
    return { text: `[${things.join(',')}]`, last };
  }

  /** Every page by the Thing it begins after, once all rows were read. */
  all(): Map<string, ThingPageText> {
    const pages = new Map<string, ThingPageText>();
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = this.page(after);
      pages.set(after, page);
      after = page.last;
    }
    return pages;
  }

  /** The tables of which more rows are there than were read so far: damage has moved them where nobody looks. */
  tablesReadInPart(): readonly TableName[] {
    const readers = [this.#heads, this.#values, this.#runs, this.#wishes];
    return readers.filter((reader) => reader.left > 0).map(({ table }) => table);
  }
}

/** Reads the sound rows of a table. */
class Reader {
  readonly table: TableName;
  readonly #rows: StatementSync;
  readonly #count: StatementSync;
  readonly #isIntact: (cells: Cells) => boolean;
  readonly #report: DamageReport;
  #read = 0;

  constructor(db: DatabaseSync, table: TableName, condition: string, report: DamageReport) {
    this.table = table;
    this.#rows = db.prepare(
      `select ${columnsOf(table).join(', ')} from ${table} where ${condition}`,
    );
    this.#rows.setReturnArrays(true);
    this.#count = db.prepare(`select count(*) as n from ${table}`);
    this.#isIntact = cellCheck(table);
    this.#report = report;
  }

  read(...bounds: SQLInputValue[]) {
    const all: readonly Cells[] = this.#rows.all(...bounds) as unknown as Cells[];
    this.#read += all.length;
    const rows = all.filter((cells) => this.#isIntact(cells) || this.#tell(cells));
    return { rows, count: all.length, lastKey: String(all.at(-1)?.[0]) };
  }

  /** Rows that are there and were not read; once all were read, none. */
  get left(): number {
    return Number(this.#count.get()?.n) - this.#read;
  }

  #tell(cells: Cells): false {
    const columns = columnsOf(this.table);
    this.#report(this.table, Object.fromEntries(columns.map((name, n) => [name, cells[n]])));
    return false;
  }
}

/** The texts of rows, joined for each Thing. */
function joined(rows: readonly Cells[], textOf: (cells: Cells) => string) {
  const texts = new Map<unknown, string>();
  for (const cells of rows) {
    const [thing] = cells;
    const before = texts.get(thing);
    texts.set(thing, before === undefined ? textOf(cells) : `${before},${textOf(cells)}`);
  }
  return texts;
}

// The version is outside the check: whatever it is, the text stays JSON.
const valueText = ([, name, value, time, version]: Cells) =>
  `[${JSON.stringify(name)},${value},${time},${JSON.stringify(version)}]`;

const wishText = ([, name, version, time, value]: Cells) =>
  `[${JSON.stringify(name)},${value},${time},${version}]`;

const runText = ([, , , , status]: Cells) => String(status);
