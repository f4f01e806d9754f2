import { MemoryOutbox, type ThingOutbox } from '@thingtalk/core';
import { openThingMemory } from '../../outbox/open-thing-memory.ts';
import { outboxStep, takeIn, things } from './outbox-steps.ts';
import { complaining, type Findings, type Story, storyOf, textOf } from './stories.ts';

/** How every Thing's outbox fares in the first `count` steps. */
export function outboxStories(count: number): readonly Story[] {
  const steps = Array.from({ length: count }, (_, n) => outboxStep(n));
  return things.map((thing) => {
    const outbox = new MemoryOutbox(Number.POSITIVE_INFINITY);
    return storyOf(thing, steps, {
      isAbout: (step) => step.thing === thing,
      take: (step) => takeIn(outbox, step),
      state: () => stateOf(outbox.reopen()),
    });
  });
}

/** Opens what is left as a Thing does that starts, and looks at all of it. */
export async function findOutbox(directory: string): Promise<Findings> {
  const { logger, complaints } = complaining();
  await using memory = await openThingMemory({ directory, logger });
  const found = things.map(
    async (thing) => [thing, textOf(stateOf(await memory.open(thing)))] as const,
  );
  return { complaints, found: new Map(await Promise.all(found)) };
}

function stateOf(outbox: ThingOutbox) {
  const { recalled, isEmpty } = outbox;
  const openRuns = recalled?.openRuns.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const unstored = [...outbox.unstored()].map(({ payload, ...rest }) => ({
    ...rest,
    text: payload.text(),
  }));
  return { recalled: recalled && { ...recalled, openRuns }, isEmpty, unstored };
}
