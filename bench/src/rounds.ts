import {
  type Contender,
  type Contest,
  type Goal,
  isOurs,
  type Run,
  type Standing,
} from './contest.ts';
import { type LoadResult, median } from './load/program.ts';

/** How one contender did. */
export interface Score {
  readonly name: string;
  /** Median over the rounds. */
  readonly value: number;
  /** Median of the ratios to the baseline of the same round. */
  readonly ratio: number;
  /** The smallest and the largest of those ratios. */
  readonly spread: readonly [number, number];
  readonly cpuUs: number | undefined;
  /** Median of the ratios of processor time per operation: steadier than `ratio` on a noisy machine. */
  readonly cpuRatio: number | undefined;
  /** Its largest value over its smallest: the baseline's says how noisy the machine was meanwhile. */
  readonly unevenness: number;
  /** Share of its core that the load generator used; near 1 it may be the bottleneck. */
  readonly loadBusy: number | undefined;
  readonly remark: string | undefined;
  /** Where it stands to the goal; only ours are judged. */
  readonly verdict: Verdict | undefined;
}

/** How a contest ended. */
export interface Outcome {
  readonly contest: Contest;
  /** Ours first; those that could not be measured are left out. */
  readonly scores: readonly Score[];
  /** Who could not be measured, and why. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
}

/** Where one of ours stands to the goal. */
export type Verdict = 'moonshot' | 'must' | 'missed' | 'not measured';

/** Runs a contest: all servers stand, and each round measures every one of them, so that noise hits all alike. */
export async function runContest(contest: Contest, run: Run): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const standing: { contender: Contender; server: Standing; results: LoadResult[] }[] = [];
  const absent: { name: string; reason: string }[] = [];
  const giveUp = (name: string, error: unknown) => {
    absent.push({ name, reason: error instanceof Error ? error.message : String(error) });
    const place = standing.findIndex((entry) => entry.contender.name === name);
    if (place >= 0) standing.splice(place, 1);
  };
  for (const contender of contest.contenders) {
    try {
      const server = stack.use(await contender.start(run));
      if (contest.warmUp !== false) await server.measure(1);
      standing.push({ contender, server, results: [] });
    } catch (error) {
      giveUp(contender.name, error);
    }
  }
  const rounds = Math.min(run.rounds, contest.maxRounds ?? run.rounds);
  for (let round = 0; round < rounds; round++) {
    // Turned round every time: nobody is always measured after the same neighbour.
    const order = round % 2 === 0 ? [...standing] : [...standing].reverse();
    for (const entry of order) {
      try {
        entry.results.push(await entry.server.measure(run.seconds));
      } catch (error) {
        giveUp(entry.contender.name, error);
      }
    }
  }
  const base = standing.find((entry) => entry.contender.name === contest.baseline)?.results;
  const scores = standing.map(({ contender, server, results }) =>
    score(contender.name, results, base, server.remark),
  );
  return { contest, scores: scores.map((one) => judged(one, contest.goal)), absent };
}

type Unjudged = Omit<Score, 'verdict'>;

function score(
  name: string,
  results: readonly LoadResult[],
  base: readonly LoadResult[] | undefined,
  remark: string | undefined,
): Unjudged {
  const values = results.map(({ value }) => value);
  const ratios = values.map((value, round) => value / (base?.[round]?.value ?? Number.NaN));
  const cpuRatios = results.map(({ cpuUs }, round) => {
    const baseUs = base?.[round]?.cpuUs;
    return cpuUs === undefined || baseUs === undefined ? undefined : cpuUs / baseUs;
  });
  const known = (values: readonly (number | undefined)[]) => {
    const numbers = values.filter((value) => value !== undefined);
    return numbers.length === 0 ? undefined : median(numbers);
  };
  return {
    name,
    value: median(values),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    cpuUs: known(results.map(({ cpuUs }) => cpuUs)),
    cpuRatio: known(cpuRatios),
    unevenness: Math.max(...values) / Math.min(...values),
    loadBusy: known(results.map(({ loadBusy }) => loadBusy)),
    remark,
  };
}

function judged(score: Unjudged, goal: Goal | undefined): Score {
  const isJudged = goal !== undefined && isOurs(score.name);
  return { ...score, verdict: isJudged ? judge(goal, score) : undefined };
}

function judge(goal: Goal, { value, ratio }: Unjudged): Verdict {
  const figure = goal.about === 'figure' ? value : ratio;
  if (Number.isNaN(figure)) return 'not measured';
  const reaches = (mark: number) => (goal.better === 'higher' ? figure >= mark : figure <= mark);
  if (reaches(goal.moonshot)) return 'moonshot';
  return reaches(goal.must) ? 'must' : 'missed';
}
