/** `npm run bench`: measures thingTalk against raw Node and its peers. See bench/README.md for the method. */
import type { Run } from './contest.ts';
import { helpText, type Options, readCommand } from './options.ts';
import { chooseCores, machineShape, pinSelf, waitForQuiet } from './process/machine.ts';
import { quietText, type Report, reportJson, resultsDirectory, saveReport } from './report/save.ts';
import { lines, plainTable } from './report/table.ts';
import { type Outcome, runContest } from './rounds.ts';
import { rows } from './rows/index.ts';

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  switch (command.kind) {
    case 'help':
      console.log(helpText);
      return 0;
    case 'list':
      for (const { name, title } of rows) console.log(`${name.padEnd(14)} ${title}`);
      return 0;
    case 'refuse':
      console.error(`${command.reason}\n\n${helpText}`);
      return 2;
    case 'measure':
      return await measure(command.options);
  }
}

async function measure(options: Options): Promise<number> {
  const wanted = rows.filter(({ name }) => isWanted(name, options.only));
  if (wanted.length === 0) {
    const names = rows.map(({ name }) => name).join(', ');
    console.error(`No row is called ${options.only.join(' or ')}. The rows are: ${names}`);
    return 2;
  }
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const cores = chooseCores();
  const quiet = await waitForQuiet();
  if (cores) pinSelf(cores.load);
  say(machineShape());
  say(
    cores
      ? `Servers on core ${cores.server}, load on core ${cores.load}.`
      : 'Not pinned: no taskset, or one core.',
  );
  say(quietText(quiet));

  const run: Run = {
    cores,
    rounds: options.rounds,
    seconds: options.seconds,
    nodeFlags: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${resultsDirectory}`] : [],
  };
  const outcomes: Outcome[] = [];
  for (const contest of wanted) {
    say(`${contest.name} ...`);
    const outcome = await runContest(contest, run);
    outcomes.push(outcome);
    for (const { name, reason } of outcome.absent) say(`  ${name} was not measured: ${reason}`);
  }
  const { rounds, seconds } = options;
  const time = new Date().toISOString();
  const machine = machineShape();
  const pinned = cores !== undefined;
  const report: Report = { time, machine, pinned, quiet, rounds, seconds, outcomes };
  const path = saveReport(report);
  console.log(options.json ? reportJson(report) : `\n${plainTable(outcomes.flatMap(lines))}\n`);
  say(`Kept in ${path}`);
  return 0;
}

/** The whole name, or its beginning up to a hyphen: `fan-out` means both of its rows. */
function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((part) => name === part || name.startsWith(`${part}-`));
}

process.exitCode = await main();
