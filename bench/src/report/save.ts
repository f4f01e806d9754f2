import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Quiet } from '../process/machine.ts';
import type { Outcome } from '../rounds.ts';
import { lines, markdownTable } from './table.ts';

/** A run as it is kept. */
export interface Report {
  readonly time: string;
  readonly machine: string;
  readonly pinned: boolean;
  readonly quiet: Quiet;
  readonly rounds: number;
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
}

/** Where results go. */
export const resultsDirectory = fileURLToPath(new URL('../../results/', import.meta.url));

/** The run in words and figures that a program can read. */
export function reportJson(report: Report): string {
  const outcomes = report.outcomes.map(({ contest, scores, absent }) => ({
    name: contest.name,
    title: contest.title,
    unit: contest.unit,
    goal: contest.goal,
    baseline: contest.baseline,
    scores,
    absent,
  }));
  return `${JSON.stringify({ ...report, outcomes }, undefined, 2)}\n`;
}

/** Keeps the run as JSON and Markdown, under its time and as `latest`. */
export function saveReport(report: Report): string {
  mkdirSync(resultsDirectory, { recursive: true });
  const stem = report.time.replaceAll(':', '-').slice(0, 19);
  const markdown = reportMarkdown(report);
  const json = reportJson(report);
  for (const name of [stem, 'latest']) {
    writeFileSync(`${resultsDirectory}${name}.json`, json);
    writeFileSync(`${resultsDirectory}${name}.md`, markdown);
  }
  return `${resultsDirectory}${stem}.md`;
}

function reportMarkdown(report: Report): string {
  const { time, machine, rounds, seconds, outcomes } = report;
  return `# Benchmark of ${time}

${machine}. ${report.pinned ? 'Server and load generator on a core each' : 'Not pinned to cores'}. ${rounds} rounds of ${seconds} s. ${quietText(report.quiet)}

${markdownTable(outcomes.flatMap(lines))}
`;
}

/** Says whether the machine was quiet when the run began. */
export function quietText({ quiet, busy, unevenness }: Quiet): string {
  const load = busy === undefined ? '' : `${Math.round(busy * 100)} % busy before the run, `;
  const even = `a fixed loop varied by ${Math.round((unevenness - 1) * 100)} %`;
  return quiet
    ? `The machine was quiet (${load}${even}).`
    : `The machine was NOISY (${load}${even}): trust the ratios little, and CPU per operation more.`;
}
