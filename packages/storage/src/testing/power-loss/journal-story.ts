import { mkdirSync } from 'node:fs';
import { JournalModel } from '@thingtalk/core/testing';
import { readThingPage } from '../../journal/thing-page.ts';
import { Engine } from '../../sqlite/engine.ts';
import { ballastBytes, journalStep, subjects } from './journal-steps.ts';
import { complaining, type Findings, type Story, storyOf, textOf } from './stories.ts';

/** How every Thing and every document fares in the first `count` steps. */
export function journalStories(count: number): readonly Story[] {
  const steps = Array.from({ length: count }, (_, n) => journalStep(n));
  const things = subjects.things.map((thing) => {
    const model = new JournalModel();
    return storyOf(thing, steps, {
      isAbout: (step) => step.kind === 'entry' && step.entry.thing === thing,
      take: (step) => step.kind === 'entry' && model.append(step.entry),
      state: () => model.contents(),
    });
  });
  const documents = subjects.documents.map((key) => {
    const values: unknown[] = [];
    return storyOf(key, steps, {
      isAbout: (step) => step.kind === 'document' && step.key === key,
      take: (step) => step.kind === 'document' && values.push(step.value),
      state: () => values,
    });
  });
  return [...things, ...documents];
}

/** Opens what is left as a gateway does that starts, and looks at all of it. */
export async function findJournal(directory: string): Promise<Findings> {
  mkdirSync(directory, { recursive: true });
  const { logger, complaints } = complaining();
  const kept = { eventsKept: 10_000, versionsKept: 100 };
  const engine = await Engine.open({ directory, ballastBytes, now: 0, ...kept }, logger);
  try {
    return {
      complaints,
      found: new Map([...(await thingsIn(engine)), ...(await documentsIn(engine))]),
    };
  } finally {
    await engine.close();
  }
}

async function thingsIn(engine: Engine): Promise<readonly [string, string][]> {
  const { text, last } = await engine.page('');
  const stored = readThingPage(text, last).things;
  const found = subjects.things.map(async (thing): Promise<[string, string]> => {
    const things = stored.filter((one) => one.thing === thing);
    const own = await engine.events(thing, { limit: 10_000 });
    const events = subjects.things.map((one) => (one === thing ? own : []));
    return [thing, textOf({ things, events })];
  });
  return Promise.all(found);
}

async function documentsIn(engine: Engine): Promise<readonly [string, string][]> {
  const found = subjects.documents.map(async (key): Promise<[string, string]> => {
    const versions = await engine.versions(subjects.collection, key);
    return [key, textOf(versions.map(({ value }) => JSON.parse(value ?? 'null')))];
  });
  return Promise.all(found);
}
