import { type Contest, isOurs } from '../contest.ts';
import type { Outcome, Score } from '../rounds.ts';

/** The head of the table. */
export const head = [
  'Row',
  'Who',
  'Median',
  'Ratio',
  'Rounds',
  'CPU us/op',
  'CPU ratio',
  'Must',
  'Moonshot',
  'Verdict',
] as const;

/** The lines of one row: ours with the verdict, below it the others. */
export function lines({ contest, scores, absent }: Outcome): string[][] {
  const ours = contest.contenders[0]?.name;
  const shown = scores.map((score) => {
    const first = score.name === ours;
    return [
      first ? contest.title : '',
      who(score, contest),
      figure(score.value, contest.unit),
      times(score.ratio),
      `${times(score.spread[0])}-${times(score.spread[1])}`,
      score.cpuUs === undefined ? '' : score.cpuUs.toPrecision(3),
      score.cpuRatio === undefined ? '' : times(score.cpuRatio),
      goalText(score.name, 'must', contest),
      goalText(score.name, 'moonshot', contest),
      score.verdict ?? '',
    ];
  });
  const missing = absent.map(({ name, reason }) => [
    name === ours ? contest.title : '',
    name,
    `not measured: ${reason.slice(0, 100)}`,
  ]);
  return [
    ...(absent.some(({ name }) => name === ours) ? [...missing, ...shown] : [...shown, ...missing]),
  ];
}

/** A baseline that varies more than this between rounds says that something else ran meanwhile. */
const noisy = 1.15;

function who(score: Score, contest: Contest): string {
  const notes = [
    ...(score.name === contest.baseline ? ['= 1'] : []),
    ...(score.remark === undefined ? [] : [score.remark]),
    ...(score.name === contest.baseline && score.unevenness > noisy
      ? [`varied ${times(score.unevenness)}: NOISY`]
      : []),
    ...((score.loadBusy ?? 0) > 0.95 ? ['load generator busy'] : []),
  ];
  return notes.length === 0 ? score.name : `${score.name} (${notes.join(', ')})`;
}

function figure(value: number, unit: Contest['unit']): string {
  const text = value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  return unit === '1/s' ? `${text}/s` : `${text} ${unit}`;
}

const times = (ratio: number) => (Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)}x`);

function goalText(name: string, which: 'must' | 'moonshot', { goal, unit }: Contest): string {
  if (goal === undefined || !isOurs(name)) return '';
  const mark = goal[which];
  const sign = goal.better === 'higher' ? '>=' : '<=';
  return goal.about === 'figure' ? `${sign} ${mark} ${unit}` : `${sign} ${mark}x`;
}

/** Lays cells out in columns for a terminal. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(
      ...[head, ...rows].map((row) => (row.length < head.length ? 0 : (row[column]?.length ?? 0))),
      title.length,
    ),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join(
    '\n',
  );
}

/** The same as Markdown. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) =>
    `| ${head.map((_, column) => (row[column] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
