import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../data/json.ts';
import type { Store } from '../ports/store.ts';
import type { StorePlace } from './store-place.ts';

const me = { author: 'me' };

type Step =
  | { readonly kind: 'put'; readonly key: string; readonly value: JsonValue; readonly seen: number }
  | { readonly kind: 'delete'; readonly key: string; readonly seen: number }
  | { readonly kind: 'reopen' };

const key = fc.constantFrom('a', 'b', 'ü', '💡');
// -1: the writer does not look.
const seen = fc.integer({ min: -1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put'), key, value: json(), seen }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), key, seen }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
);

function json(): fc.Arbitrary<JsonValue> {
  // What JSON cannot say back as it was: minus zero.
  return fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)));
}

/** Compares a store with the simplest thing that could be one. */
export function storeModelTests(makePlace: () => Promise<StorePlace>): void {
  test('whatever is done, it holds what a Map of lists would hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await using place = await makePlace();
        let store = await place.open();
        const model = new Map<string, (JsonValue | undefined)[]>();
        for (const one of steps) {
          if (one.kind === 'reopen') {
            await store[Symbol.asyncDispose]();
            store = await place.open();
          } else await doBoth(store, model, one);
        }
        for (const [key, values] of model) {
          const versions = await store.versions('c', key);
          expect(versions.map(({ value }) => value)).toEqual(values);
        }
        const listed = await store.list('c');
        const alive = [...model].filter(([, values]) => values.at(-1) !== undefined);
        expect(listed.map(({ key }) => key).sort()).toEqual(alive.map(([key]) => key).sort());
        await store[Symbol.asyncDispose]();
      }),
      { numRuns: 10 },
    );
  }, 60_000);
}

/** Takes a step on the store, and on the model, and compares what they say to it. */
async function doBoth(
  store: Store,
  model: Map<string, (JsonValue | undefined)[]>,
  step: Exclude<Step, { kind: 'reopen' }>,
): Promise<void> {
  const values = model.get(step.key) ?? [];
  const isThere = values.at(-1) !== undefined;
  const isSeen = step.seen < 0 || step.seen === values.length || (step.seen === 0 && !isThere);
  const options = { ...me, ...(step.seen >= 0 && { ifVersion: step.seen }) };
  const work =
    step.kind === 'put'
      ? store.put('c', step.key, step.value, options)
      : store.delete('c', step.key, options);
  if (step.kind === 'delete' && !isThere) {
    await expect(work).rejects.toMatchObject({ name: 'not-found' });
  } else if (!isSeen) {
    await expect(work).rejects.toMatchObject({ name: 'precondition-failed' });
  } else {
    await work;
    model.set(step.key, [...values, step.kind === 'put' ? step.value : undefined]);
  }
}
