import type { LoadResult } from './load/program.ts';
import type { Cores } from './process/machine.ts';

/** What every measurement of a run is done with. */
export interface Run {
  readonly cores: Cores | undefined;
  readonly rounds: number;
  readonly seconds: number;
  /** Flags for Node in servers of ours, as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
}

/** A server that stands ready to be measured. */
export interface Standing extends AsyncDisposable {
  /** Measures once, for about that long. */
  measure(seconds: number): Promise<LoadResult>;
  /** What a reader should know of this contender, as the size of its answer. */
  readonly remark?: string | undefined;
}

/** One of those who are compared. */
export interface Contender {
  readonly name: string;
  start(run: Run): Promise<Standing>;
}

/** What is to be reached; `better` says in which direction. */
export interface Goal {
  readonly must: number;
  readonly moonshot: number;
  readonly better: 'higher' | 'lower';
  /** Whether the goals are about the ratio to the baseline or about our own figure. Default the ratio. */
  readonly about?: 'ratio' | 'figure';
}

/** Whether a contender is one of ours, and so judged by the goal: `thingTalk`, `thingTalk, journal on`. */
export function isOurs(name: string): boolean {
  return name.startsWith('thingTalk');
}

/** A row of the table: ours and the others at the same work. */
export interface Contest {
  /** For `--only`: `fan-out-8`. */
  readonly name: string;
  readonly title: string;
  readonly unit: '1/s' | 'us' | 'ms' | 'KiB';
  /** Left out where nothing was promised: then the figures stand side by side. */
  readonly goal?: Goal;
  /** Name of the contender that all are compared with. */
  readonly baseline: string;
  /** Ours first; all whose names begin so are ours. */
  readonly contenders: readonly Contender[];
  /** False where one measurement takes long and needs no warming: memory. Default true. */
  readonly warmUp?: boolean;
  /** Most rounds, where more would only take time. */
  readonly maxRounds?: number;
}
