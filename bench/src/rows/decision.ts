import type { Contender, Contest } from '../contest.ts';
import type { DecisionTask } from '../load/decision.ts';
import type { LoadResult } from '../load/program.ts';
import { Program } from '../process/program.ts';

/** The policy alone, in a process on the servers' core. */
function decider(name: string, asked: DecisionTask['asked'], remark?: string): Contender {
  return {
    name,
    start: async (run) => ({
      remark,
      measure: async (seconds) => {
        const options = { core: run.cores?.server };
        const task: DecisionTask = { asked, seconds };
        await using program = Program.start('load/decision.ts', [JSON.stringify(task)], options);
        return await program.line<LoadResult>();
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

/** One decision of the policy with 1,000 people, 4,000 grants and 10,000 Things, p50. */
export const decisionRow: Contest = {
  name: 'decision',
  title: 'A decision, 1,000 people and 10,000 Things, p50',
  unit: 'us',
  goal: { must: 0.1, moonshot: 0.05, better: 'lower', about: 'figure' },
  baseline: 'one look-up in a Map',
  contenders: [
    decider('thingTalk, one about all Things', 'one about all', 'as a listing asks'),
    decider('thingTalk, all about one Thing', 'all about one', 'as a message that goes out'),
    decider('thingTalk, anybody about anything', 'anybody about anything', 'nothing is near'),
    decider('one look-up in a Map', 'a map'),
  ],
};
