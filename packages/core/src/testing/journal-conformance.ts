import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../ports/journal.ts';
import { ThingId } from '../td/thing-id.ts';
import { action, event, fan, lamp, only, values, wish } from './journal-entries.ts';
import { JournalModel, journalEntry, modelThings, readBack, recovered } from './journal-model.ts';
import type { MakePlace } from './journal-place.ts';
import { runTests } from './journal-run-tests.ts';

/**
 * The suite that every {@link Journal} passes: defines tests named after `name`.
 *
 * @param makePlace makes an empty place for one test; a journal of it keeps at least 1,000 events of a Thing.
 */
export function journalConformance(name: string, makePlace: MakePlace): void {
  describe(`${name} keeps the contract of a journal`, () => {
    valueTests(makePlace);
    stampTests(makePlace);
    eventTests(makePlace);
    runTests(makePlace);
    wishTests(makePlace);
    loadTests(makePlace);
    modelTests(makePlace);
  });
}

function valueTests(makePlace: MakePlace): void {
  test('an empty journal recovers nothing, and writes', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    expect(await recovered(journal)).toEqual([]);
    expect(journal.status).toEqual({ state: 'writing' });
  });

  test('the last value of each property is there after opening again, with its time and count', async () => {
    await using place = await makePlace();
    {
      await using journal = await place.open();
      await journal.append(values(lamp, 1, { on: 1, level: 10 }));
      await journal.append(values(lamp, 2, { level: 20 }));
      await journal.append(values(fan, undefined, { speed: 'high' }));
    }
    await using journal = await place.open();
    const [first, second] = await recovered(journal);
    expect(first).toEqual({
      thing: fan,
      stamp: undefined,
      values: new Map([['speed', { value: 'high', time: 1_000, version: 1 }]]),
      runs: [],
      wishes: new Map(),
    });
    expect(second?.stamp).toEqual({ e: 1, s: 2 });
    expect(second?.values).toEqual(
      new Map([
        ['on', { value: 1, time: 1_001, version: 1 }],
        ['level', { value: 20, time: 1_002, version: 2 }],
      ]),
    );
  });

  test('what was changed after it was appended is stored as it was', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    const members = { on: 1 };
    const appended = journal.append(values(lamp, 1, members));
    members.on = 2;
    await appended;
    expect((await only(journal)).values.get('on')?.value).toBe(1);
  });

  test('a forgotten Thing is gone, and begins anew', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(values(lamp, 5, { on: 1 }));
    await journal.append(event(6));
    await journal.append(action('a', 'running'));
    await journal.append(wish(1, 5));
    await journal.append({ kind: 'forgotten', thing: lamp, time: 1 });
    expect(await recovered(journal)).toEqual([]);
    expect(await journal.events(lamp, { limit: 10 })).toEqual([]);
    await journal.append(values(lamp, 1, { on: 2 }));
    const { stamp, values: stored, runs, wishes } = await only(journal);
    expect([stamp, stored.get('on')?.version, runs, wishes.size]).toEqual([
      { e: 1, s: 1 },
      1,
      [],
      0,
    ]);
  });

  test('2,000 Things are recovered, each once, in order of their ids', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    const ids = Array.from({ length: 2_000 }, (_, n) => ThingId(`urn:dev:${n}`));
    await Promise.all(ids.map((id, n) => journal.append(values(id, 1, { n }))));
    const found = (await recovered(journal)).map(({ thing }) => thing);
    expect(found).toEqual(ids.toSorted());
  });

  test.each([
    ['a NUL', 'a\0'],
    ['half a surrogate pair', '\udfff'],
    ['1,025 bytes', 'x'.repeat(1_025)],
  ])('a property name with %s is refused, and hurts no other entry', async (_, name) => {
    await using place = await makePlace();
    await using journal = await place.open();
    const results = await Promise.allSettled([
      journal.append(values(lamp, 1, { on: 1 })),
      journal.append(values(fan, 1, { [name]: 1 })),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { name: 'bad-request' } },
    ]);
    expect((await only(journal)).thing).toBe(lamp);
  });
}

function stampTests(makePlace: MakePlace): void {
  test('an entry whose stamp is not after the last changes nothing, whatever it says', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(values(lamp, 3, { on: 3 }, 2));
    await journal.append(values(lamp, 3, { on: 4 }, 2));
    await journal.append(values(lamp, 2, { on: 5, other: 1 }, 2));
    await journal.append(values(lamp, 99, { on: 6 }, 1));
    await journal.append(event(1, 99));
    const { stamp, values: stored } = await only(journal);
    expect(stamp).toEqual({ e: 2, s: 3 });
    expect(stored).toEqual(new Map([['on', { value: 3, time: 1_003, version: 1 }]]));
    expect(await journal.events(lamp, { limit: 10 })).toEqual([]);
  });

  test('repeats have no effect within one batch, and after opening again', async () => {
    await using place = await makePlace();
    const said = Array.from({ length: 20 }, (_, n) => event(n + 1));
    {
      await using journal = await place.open();
      await Promise.all([...said, ...said].map((entry) => journal.append(entry)));
    }
    await using journal = await place.open();
    await Promise.all(said.map((entry) => journal.append(entry)));
    expect(await journal.events(lamp, { limit: 100 })).toEqual(said);
  });

  test('a new boot begins at 1 again', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(values(lamp, 500, { on: 1 }, 1));
    await journal.append(values(lamp, 1, { on: 2 }, 2));
    expect((await only(journal)).stamp).toEqual({ e: 2, s: 1 });
  });

  test('what carries no stamp is always taken, and leaves the last stamp', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(values(lamp, 7, { on: 1 }));
    await journal.append(values(lamp, undefined, { on: 2 }));
    const { stamp, values: stored } = await only(journal);
    expect([stamp, stored.get('on')?.value]).toEqual([{ e: 1, s: 7 }, 2]);
  });
}

function eventTests(makePlace: MakePlace): void {
  test('the last events of a Thing are given, oldest first, as they were appended', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    for (let n = 1; n <= 10; n++) await journal.append(event(n));
    const bare: JournalEntry & { kind: 'event' } = {
      ...event(11),
      stamp: undefined,
      data: undefined,
    };
    await journal.append(bare);
    expect(await journal.events(lamp, { limit: 3 })).toEqual([event(9), event(10), bare]);
    expect(await journal.events(lamp, { after: 1_008, limit: 2 })).toEqual([event(10), bare]);
    expect(await journal.events(lamp, { after: 1_009, limit: 9 })).toEqual([event(10), bare]);
    expect(await journal.events(lamp, { after: 1_011, limit: 9 })).toEqual([]);
    expect(await journal.events(fan, { limit: 9 })).toEqual([]);
  });
}

function wishTests(makePlace: MakePlace): void {
  test('the last wish stands until it is delivered', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(wish(1, 10));
    await journal.append(wish(2, 20));
    expect((await only(journal)).wishes).toEqual(
      new Map([['level', { value: 20, version: 2, time: 2 }]]),
    );
    await journal.append(wish(2, undefined));
    expect((await only(journal)).wishes.size).toBe(0);
  });

  test('an older wish, and the end of one, leave the newer in place', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await Promise.all(
      [wish(3, 30), wish(2, 20), wish(2, undefined)].map((one) => journal.append(one)),
    );
    await journal.append(wish(1, undefined));
    expect((await only(journal)).wishes.get('level')?.value).toBe(30);
  });
}

function loadTests(makePlace: MakePlace): void {
  test('1,000 entries of 50 writers at once are all there after opening again', async () => {
    await using place = await makePlace();
    const ids = Array.from({ length: 50 }, (_, n) => ThingId(`urn:dev:${n}`));
    {
      await using journal = await place.open();
      const write = async (id: ThingId) => {
        for (let s = 1; s <= 20; s++) await journal.append(values(id, s, { count: s }));
      };
      await Promise.all(ids.map(write));
    }
    await using journal = await place.open();
    const found = await recovered(journal);
    expect(found.map(({ thing }) => thing)).toEqual(ids.toSorted());
    for (const { stamp, values: stored } of found) {
      expect(stamp).toEqual({ e: 1, s: 20 });
      expect(stored.get('count')).toMatchObject({ value: 20, version: 20 });
    }
  });

  test('what nobody waited for is stored once somebody does, in the order it came', async () => {
    await using place = await makePlace();
    {
      await using journal = await place.open();
      const patient = journal.append(values(lamp, 1, { on: 1 }), { patient: true });
      const last = journal.append(values(lamp, 2, { on: 2 }), { patient: true });
      journal.hurry();
      await Promise.all([patient, last]);
    }
    await using journal = await place.open();
    const [stored] = await recovered(journal);
    expect(stored?.values.get('on')).toMatchObject({ value: 2, version: 2 });
  });

  test('what was appended just before it was disposed of is stored', async () => {
    await using place = await makePlace();
    const journal = await place.open();
    const appended = Array.from({ length: 100 }, (_, n) => journal.append(event(n + 1)));
    await journal[Symbol.asyncDispose]();
    await Promise.all(appended);
    await expect(journal.append(event(101))).rejects.toThrow('closed');
    await using again = await place.open();
    expect(await again.events(lamp, { limit: 1_000 })).toHaveLength(100);
  });
}

function modelTests(makePlace: MakePlace): void {
  test('however entries fall into batches and restarts, it holds what a Map would hold', async () => {
    const batches = fc.array(fc.array(journalEntry, { maxLength: 20 }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(batches, async (parts) => {
        await using place = await makePlace();
        const model = new JournalModel();
        for (const part of parts) {
          await using journal = await place.open();
          for (const one of part) model.append(one);
          await Promise.all(part.map((one) => journal.append(one)));
        }
        await using journal = await place.open();
        expect(await readBack(journal, modelThings)).toEqual(model.contents());
      }),
      { numRuns: 10 },
    );
  }, 60_000);
}
