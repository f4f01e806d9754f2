import { type Access, defineThing, type Guard, type Visit } from '@thingtalk/core';
import { Inbox, MemoryGuard } from '@thingtalk/core/testing';
import { expect, it } from 'vitest';
import { lamp, startHttpWorld } from '../support/http-world.ts';
import { thingRows } from './thing-rows.ts';

// Of H20 this is the part about time. No test measures it: a machine that is busy would tell what it likes. What is counted is the
// work by which an answer for a Thing that is hidden could be told from one for a Thing that is not there.

/** As long as the lamp's. */
const absent = lamp.id.replace('lamp', 'pump');

/** A guard that writes down every question that is asked of what it lets in. */
class CountedGuard implements Guard {
  readonly known = new MemoryGuard();
  readonly #counted = new WeakMap<Access, Access>();
  #asked: string[] = [];

  admit(visit: Pick<Visit, 'headers'>): Access {
    const access = this.known.admit(visit);
    const counted = this.#counted.get(access) ?? this.#count(access);
    this.#counted.set(access, counted);
    return counted;
  }

  /** The questions since it was asked last. */
  take(): readonly string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }

  #count(access: Access): Access {
    const note = (question: string) => void this.#asked.push(question);
    return {
      principal: access.principal,
      isUnlimited: access.isUnlimited,
      get revision() {
        return access.revision;
      },
      get manages() {
        note('manages');
        return access.manages;
      },
      may(...what) {
        note('may');
        return access.may(...what);
      },
      mayEverywhere(right) {
        note('mayEverywhere');
        return access.mayEverywhere(right);
      },
      owns(thing) {
        note('owns');
        return access.owns(thing);
      },
      sees(thing) {
        note('sees');
        return access.sees(thing);
      },
      onChange: (listener) => access.onChange(listener),
      onEnd: (listener) => access.onEnd(listener),
    };
  }
}

async function startCounted() {
  const guard = new CountedGuard();
  guard.known.let('other', [{ right: 'read', thing: 'urn:dev:elsewhere' }]);
  const world = await startHttpWorld(undefined, { guard });
  const headers = { authorization: 'Bearer other', 'content-type': 'application/json' };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await world.fetch(path, { ...init, headers });
    const text = await answer.text();
    const told = [...answer.headers].filter(([name]) => name !== 'date' && name !== 'etag');
    return { status: answer.status, headers: told, text };
  };
  return { ...world, guard, ask, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

it('H20: a Thing that is hidden is answered for as one that is absent: a few look-ups more, the same bytes, and nothing asked of it', async () => {
  await using world = await startCounted();
  await using heard = await Inbox.open(world.bus, '#');
  const before = heard.messages.length;
  for (const [method, rest, body] of thingRows) {
    const told = async (id: string) => {
      const init = { method, ...(body !== undefined && { body }) };
      const { text, ...answer } = await world.ask(`/things/${id}${rest}`, init);
      return [method, rest, { ...answer, text: text.replaceAll(id, 'ID') }];
    };
    const hidden = await told(lamp.id);
    const questions = world.guard.take();
    expect(hidden).toEqual(await told(absent));
    expect(world.guard.take()).toEqual([]);
    // Each is a look-up in a table (0.1 µs at most), of a request that costs hundreds of those.
    expect(questions.length).toBeLessThanOrEqual(3);
    expect(new Set(questions)).toEqual(new Set(['sees']));
  }
  expect(heard.messages.slice(before)).toEqual([]);
});

it.each(['/things', '/things?format=collection', '/webthings'])(
  'H20: %s asks once of each Thing after a change, and of none when it is asked again',
  async (path) => {
    await using world = await startCounted();
    const questions = async () => {
      const { text } = await world.ask(path);
      expect(text).not.toContain('urn:');
      return world.guard.take();
    };
    expect(await questions()).toEqual(['sees']);
    expect(await questions()).toEqual([]);
    for (const id of ['urn:dev:hidden-1', 'urn:dev:hidden-2']) {
      await world.servient.expose(defineThing(id, { title: 'Hidden' }));
    }
    await expect.poll(() => world.things.find('urn:dev:hidden-2')).toBeDefined();
    world.guard.take();
    // What is left to a reader with a good clock: that something changed, and how many Things there are, in tenths of a microsecond.
    expect(await questions()).toEqual(['sees', 'sees', 'sees']);
    expect(await questions()).toEqual([]);
  },
);
