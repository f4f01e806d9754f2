import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dice } from '../dice.ts';
import { diskAfter, diskAt } from './disk-after.ts';
import { contentsAfter, contentsOf } from './file-contents.ts';
import { type FileDeed, FilePast, FolderPast } from './past.ts';

const now = { begun: 0, ended: 0 };
const end = Number.POSITIVE_INFINITY;

const deed: fc.Arbitrary<FileDeed> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('write' as const), begun: fc.constant(0), ended: fc.constant(0) },
    offset: fc.nat(6_000),
    bytes: fc
      .tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 255 }))
      .map(([length, value]) => Buffer.alloc(length, value)),
  }),
  fc.record({
    ...{ kind: fc.constant('size' as const), begun: fc.constant(0), ended: fc.constant(0) },
    size: fc.nat(9_000),
  }),
);
const deeds = fc.array(deed, { maxLength: 8 });

test('every byte of a file is one that it had since the last sync, and so is its size', () => {
  void fc.assert(
    fc.property(deeds, deeds, fc.integer(), (sure, pending, seed) => {
      const found = contentsAfter({ sure, pending }, new Dice(seed));
      const versions = pending.map((_, n) => contentsOf([...sure, ...pending.slice(0, n + 1)]));
      const base = contentsOf(sure);
      const all = [base, ...versions];
      expect(all.map(({ length }) => length)).toContain(found.length);
      for (const [at, byte] of found.entries()) {
        // Where nothing was brought to the disk, there may be anything.
        if (at >= base.length) continue;
        if (!all.some((version) => (version[at] ?? 0) === byte)) {
          expect.fail(`byte ${at} is ${byte}, and never was`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('a file of which everything was synced is as it was', () => {
  void fc.assert(
    fc.property(deeds, fc.integer(), (sure, seed) => {
      expect(contentsAfter({ sure, pending: [] }, new Dice(seed))).toEqual(contentsOf(sure));
    }),
    { numRuns: 100 },
  );
});

test('of what was not synced anything may be there: all, nothing, a part, in any order, and torn', () => {
  const write = (offset: number, value: number): FileDeed => ({
    ...now,
    ...{ kind: 'write', offset, bytes: Buffer.alloc(4_096, value) },
  });
  const done = { sure: [write(0, 1), write(4_096, 1)], pending: [write(0, 2), write(4_096, 3)] };
  const seen = new Set(
    Array.from({ length: 2_000 }, (_, seed) => {
      const bytes = contentsAfter(done, new Dice(seed));
      const kinds = [bytes.subarray(0, 4_096), bytes.subarray(4_096)].map((page) => [
        ...new Set(page),
      ]);
      const cut = bytes.findIndex((byte, at) => at > 0 && byte !== bytes[at - 1]);
      return `${kinds.map((kind) => kind.sort().join('')).join(' ')}${cut % 512 > 0 ? ' torn' : ''}`;
    }),
  );
  const wanted = ['1 1', '2 3', '2 1', '1 3', '12 1', '12 13', '12 1 torn'];
  expect(wanted.filter((one) => !seen.has(one))).toEqual([]);
});

test('a name lasts once its folder was synced, and until then may come and go', () => {
  const folder = new FolderPast();
  const [old, young] = [new FilePast(), new FilePast()];
  old.did({ ...now, kind: 'write', offset: 0, bytes: Buffer.from('old') });
  old.synced({ begun: 1, ended: 1 });
  folder.did({ ...now, kind: 'link', name: 'a', node: old });
  folder.synced({ begun: 2, ended: 2 });
  const later = { begun: 3, ended: 3 };
  folder.did({ ...later, kind: 'unlink', name: 'a' });
  folder.did({ ...later, kind: 'link', name: 'b', node: young });
  folder.did({ ...later, kind: 'rename', from: 'b', name: 'a', node: young });
  young.did({ ...later, kind: 'write', offset: 0, bytes: Buffer.from('new') });
  young.synced({ begun: 4, ended: 4 });
  const seen = (moment: number) => {
    const disks = Array.from({ length: 500 }, (_, seed) =>
      diskAfter(folder, moment, new Dice(seed)),
    );
    return new Set(disks.map((disk) => [...disk].map(String).sort().join(' ')));
  };
  expect(seen(2)).toEqual(new Set(['a,old']));
  // A rename takes the old name away and gives the new one, both or neither.
  expect(seen(4)).toEqual(new Set(['a,old', '', 'b,new', 'a,new', 'a,old b,new']));
  folder.synced({ begun: 5, ended: 5 });
  expect(seen(5)).toEqual(new Set(['a,new']));
  expect([...diskAt(folder, end)].map(String)).toEqual(['a,new']);
});
