import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNotAfter } from '../bus/envelope.ts';
import type { JsonObject } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { EntryStamp } from '../ports/journal.ts';
import type { SaidMessage, ThingMemory, ThingOutbox } from '../ports/thing-memory.ts';
import { ThingId } from '../td/thing-id.ts';

/** A place where Things keep what they say; disposing of it takes it away. */
export interface ThingMemoryPlace extends AsyncDisposable {
  /** Opens it, again after the memory that it opened before was disposed of. Empty at first. */
  open(): Promise<ThingMemory>;
}

type MakePlace = () => Promise<ThingMemoryPlace>;

const lamp = ThingId('urn:dev:lamp');
const fan = ThingId('urn:dev:fan');

function said(part: SaidMessage['part'], e: number, s: number, members: JsonObject): SaidMessage {
  return { part, stamp: { e, s }, payload: Payload.of({ ...members, $: { e, s, t: 0 } }) };
}

const event = (e: number, s: number, data: unknown = s) =>
  said('event', e, s, { pressed: { data: data as number } });
const values = (e: number, s: number, members: JsonObject) => said('values', e, s, members);
const run = (e: number, s: number, id: string, timeEnded?: string) =>
  said('action', e, s, {
    fade: {
      id,
      status: timeEnded === undefined ? 'running' : 'completed',
      timeRequested: '2026-01-01T00:00:00Z',
      ...(timeEnded !== undefined && { timeEnded }),
    },
  });

const texts = (outbox: ThingOutbox) =>
  [...outbox.unstored()].map(
    ({ part, stamp, payload }) => `${part} ${stamp.e}/${stamp.s} ${payload.text()}`,
  );
const stamps = (outbox: ThingOutbox) =>
  [...outbox.unstored()].map(({ stamp: { e, s } }) => `${e}/${s}`);

/**
 * The suite that every {@link ThingMemory} passes: defines tests named after `name`.
 *
 * @param makePlace makes an empty place for one test, in which 2,000 bytes of events fit for each Thing, and not 4,000.
 */
export function thingMemoryConformance(name: string, makePlace: MakePlace): void {
  describe(`${name} keeps the contract of a memory of Things`, () => {
    orderTests(makePlace);
    lifeTests(makePlace);
    boundTests(makePlace);
    modelTests(makePlace);
  });
}

function orderTests(makePlace: MakePlace): void {
  test('a new Thing has said nothing, and nothing is recalled', async () => {
    await using place = await makePlace();
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    expect([outbox.recalled, outbox.isEmpty, texts(outbox)]).toEqual([undefined, true, []]);
  });

  test('events and states of actions wait in their order, of the values the newest', async () => {
    await using place = await makePlace();
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    const messages = [
      values(1, 1, { on: true }),
      event(1, 2),
      values(1, 3, { on: false }),
      run(1, 4, 'a'),
    ];
    for (const message of messages) outbox.add(message);
    expect(stamps(outbox)).toEqual(['1/2', '1/3', '1/4']);
    expect(outbox.isEmpty).toBe(false);
  });

  test('what is stored waits no more', async () => {
    await using place = await makePlace();
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    for (const message of [event(1, 1), values(1, 2, {}), event(1, 3)]) outbox.add(message);
    outbox.trim({ e: 1, s: 2 });
    expect(stamps(outbox)).toEqual(['1/3']);
    outbox.trim({ e: 1, s: 1 });
    expect(stamps(outbox)).toEqual(['1/3']);
    outbox.trim({ e: 2, s: 0 });
    expect([stamps(outbox), outbox.isEmpty]).toEqual([[], true]);
  });
}

function lifeTests(makePlace: MakePlace): void {
  test('what was not stored is there in the next life, as it was said, before what that says', async () => {
    await using place = await makePlace();
    const before = [event(5, 1, '☂ "'), values(5, 2, { on: true, '"': ['☂'] }), run(5, 3, 'a')];
    {
      await using memory = await place.open();
      const outbox = await memory.open(lamp);
      for (const message of [event(5, 0), ...before]) outbox.add(message);
      outbox.trim({ e: 5, s: 0 });
      (await memory.open(fan)).add(event(5, 9));
      await outbox.kept();
    }
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    outbox.add(event(6, 1));
    expect(texts(outbox)).toEqual(
      [...before, event(6, 1)].map(
        ({ part, stamp, payload }) => `${part} ${stamp.e}/${stamp.s} ${payload.text()}`,
      ),
    );
  });

  test('the last epoch, values and open runs are recalled, stored or not', async () => {
    await using place = await makePlace();
    {
      await using memory = await place.open();
      const outbox = await memory.open(lamp);
      const messages = [run(5, 1, 'a'), run(5, 2, 'b'), run(5, 3, 'a', '2026-01-01T00:00:01Z')];
      for (const message of [...messages, values(5, 4, { on: true })]) outbox.add(message);
      outbox.trim({ e: 5, s: 4 });
    }
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    expect(outbox.isEmpty).toBe(true);
    expect(outbox.recalled).toMatchObject({
      epoch: 5,
      values: { on: true },
      openRuns: [{ id: 'b', action: 'fade', status: 'running' }],
    });
  });

  test('a Thing that is forgotten is a new one afterwards', async () => {
    await using place = await makePlace();
    {
      await using memory = await place.open();
      const outbox = await memory.open(lamp);
      for (const message of [run(5, 1, 'a'), values(5, 2, { on: true })]) outbox.add(message);
      outbox.forget();
    }
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    expect([outbox.recalled, outbox.isEmpty]).toEqual([undefined, true]);
  });
}

function boundTests(makePlace: MakePlace): void {
  test('an event that does not fit any more is refused and not kept; values and actions are taken', async () => {
    await using place = await makePlace();
    await using memory = await place.open();
    const outbox = await memory.open(lamp);
    outbox.add(event(1, 1, 'x'.repeat(1_900)));
    outbox.mustAccept();
    expect(() => outbox.add(event(1, 2, 'x'.repeat(2_100)))).toThrow(/wait for a gateway/);
    outbox.add(values(1, 2, { text: 'x'.repeat(4_000) }));
    outbox.add(run(1, 3, 'x'.repeat(4_000)));
    expect(() => outbox.mustAccept()).toThrow(/wait for a gateway/);
    expect(stamps(outbox)).toEqual(['1/1', '1/2', '1/3']);
    outbox.trim({ e: 1, s: 3 });
    outbox.add(event(1, 4));
    expect(stamps(outbox)).toEqual(['1/4']);
  });
}

type Step =
  | { readonly kind: 'say'; readonly part: SaidMessage['part'] }
  | { readonly kind: 'stored'; readonly share: number }
  | { readonly kind: 'restart' };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('say' as const),
        part: fc.constantFrom('values' as const, 'event' as const, 'action' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('stored' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { maxLength: 30 },
);

function modelTests(makePlace: MakePlace): void {
  test('whatever is said, stored and restarted in whatever order, what waits is what was said and is not stored', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await using place = await makePlace();
        let memory = await place.open();
        let outbox = await memory.open(lamp);
        let said: readonly SaidMessage[] = [];
        let [e, s] = [1, 0];
        for (const step of all) {
          if (step.kind === 'say') {
            s++;
            const message = {
              values: values(e, s, { s }),
              event: event(e, s),
              action: run(e, s, `${e}/${s}`),
            }[step.part];
            outbox.add(message);
            said = [
              ...said.filter(({ part }) => part !== 'values' || step.part !== 'values'),
              message,
            ];
          } else if (step.kind === 'stored') {
            const upTo: EntryStamp | undefined =
              said[Math.floor(step.share * (said.length - 1))]?.stamp;
            if (upTo === undefined) continue;
            outbox.trim(upTo);
            said = said.filter(({ stamp }) => !isNotAfter(stamp, upTo));
          } else {
            await memory[Symbol.asyncDispose]();
            memory = await place.open();
            outbox = await memory.open(lamp);
            [e, s] = [e + 1, 0];
          }
          expect(stamps(outbox)).toEqual(said.map(({ stamp }) => `${stamp.e}/${stamp.s}`));
          expect(outbox.isEmpty).toBe(said.length === 0);
        }
        await memory[Symbol.asyncDispose]();
      }),
      { numRuns: 40 },
    );
  });
}
