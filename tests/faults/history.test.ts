import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type RegisterStep,
  type RunOutcome,
  registerFaults,
  runFaults,
  streamFaults,
} from './history.ts';

const sent = (value: number): RegisterStep => ({ did: 'sent', value });
const acknowledged = (value: number): RegisterStep => ({ did: 'acknowledged', value });
const read = (value: number): RegisterStep => ({ did: 'read', value });

describe('the history of a property', () => {
  it('is good when reads give what was acknowledged last, or what was sent later', () => {
    const steps = [sent(1), acknowledged(1), read(1), sent(2), read(1), read(2), sent(3), read(2)];
    expect(registerFaults(steps)).toEqual([]);
  });

  it('is not, when an acknowledged write is gone', () => {
    const steps = [sent(1), acknowledged(1), sent(2), acknowledged(2), read(1)];
    expect(registerFaults(steps)).toEqual(['1 was read after 2 was stored']);
  });

  it('is not, when a write that failed comes after one that was acknowledged later', () => {
    const steps = [sent(1), sent(2), acknowledged(2), read(2), read(1)];
    expect(registerFaults(steps)).toEqual(['1 was read after 2 was stored']);
  });

  it('is not, when there is a value that nobody sent', () => {
    expect(registerFaults([sent(1), acknowledged(1), read(7)])).toEqual([
      '7 was read, and 1 was sent last',
    ]);
  });
});

describe('what is stored of a stream', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 2 });
  const sorted = numbers.map((all) => all.toSorted((a, b) => a - b));

  it('is good with gaps, and with what was never acknowledged', () => {
    void fc.assert(
      fc.property(sorted, fc.func(fc.boolean()), (stored, isAcknowledged) => {
        const some = stored.filter((n) => isAcknowledged(n));
        expect(streamFaults({ acknowledged: some, stored })).toEqual([]);
      }),
    );
  });

  it('shows one loss, one repeat or one change of order, wherever it is', () => {
    void fc.assert(
      fc.property(sorted, fc.nat(), (all, at) => {
        const n = at % all.length;
        const value = Number(all[n]);
        expect(streamFaults({ acknowledged: all, stored: all.toSpliced(n, 1) })).toEqual([
          `${value} was acknowledged and is not stored`,
        ]);
        expect(streamFaults({ acknowledged: all, stored: [...all, value] })).toEqual([
          `${value} is stored twice`,
        ]);
        const late = [...all.toSpliced(n, 1), value];
        const last = Number(all.at(-1));
        expect(streamFaults({ acknowledged: all, stored: late })).toEqual(
          value === last ? [] : [`${value} is stored after ${last}`],
        );
      }),
    );
  });
});

describe('what became of runs', () => {
  const completed = { status: 'completed', output: 3 };
  const none = new Map<string, RunOutcome>();

  it('is good when each was done once and stays as it was told, as far as it is remembered', () => {
    const told = new Map<string, RunOutcome>([
      ['a', completed],
      ['b', { status: 'failed' }],
      ['c', completed],
    ]);
    const held = new Map([['a', completed]]);
    expect(runFaults({ told, held, done: ['a', 'c'] })).toEqual([]);
  });

  it('is not, when the work was done twice', () => {
    expect(runFaults({ told: none, held: none, done: ['a', 'b', 'a'] })).toEqual([
      'run a was done 2 times',
    ]);
  });

  it('is not, when what was told as completed was never done', () => {
    expect(runFaults({ told: new Map([['a', completed]]), held: none, done: [] })).toEqual([
      'run a was told as completed and was never done',
    ]);
  });

  it('is not, when it is told otherwise later', () => {
    const told = new Map([['a', completed]]);
    const held = new Map([['a', { status: 'failed' }]]);
    expect(runFaults({ told, held, done: ['a'] })).toHaveLength(1);
  });
});
