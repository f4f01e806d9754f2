// Takes steps in the outboxes of two Things on disk; see take-steps.ts.
import { openThingMemory } from '../../outbox/open-thing-memory.ts';
import { outboxStep, takeIn, things } from './outbox-steps.ts';
import { takeSteps } from './take-steps.ts';

const [directory = ''] = process.argv.slice(2);
const memory = await openThingMemory({ directory });
const outboxes = new Map(
  await Promise.all(things.map(async (thing) => [thing, await memory.open(thing)] as const)),
);

await takeSteps(
  (n) => {
    const step = outboxStep(n);
    const outbox = outboxes.get(step.thing);
    if (outbox === undefined) throw new Error(`step ${n} is about another Thing`);
    takeIn(outbox, step);
    return { done: outbox.kept() ?? Promise.resolve(), isTold: step.kind === 'say' };
  },
  () => memory[Symbol.asyncDispose](),
);
