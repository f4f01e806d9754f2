import type { ActionState, ThingRecord } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { ActionStages } from './action-stages.ts';
import type { ActionNote } from './notes.ts';

function note(status: ActionState, id = 'run'): ActionNote {
  return {
    kind: 'action',
    thing: { level: 'urn:dev:lamp' } as unknown as ThingRecord,
    name: 'fade',
    status: { id, action: 'fade', status, timeRequested: '2026-01-01T00:00:00.000Z' },
  };
}

test.each([
  [
    ['pending', 'running', 'completed'],
    ['created', 'pending', 'completed'],
  ],
  [
    ['running', 'running', 'failed'],
    ['created', 'pending', 'error'],
  ],
  [
    ['pending', 'completed'],
    ['created', 'pending', 'completed'],
  ],
  [['completed'], ['created', 'pending', 'completed']],
  [
    ['running', 'pending', 'completed'],
    ['created', 'pending', 'completed'],
  ],
] satisfies [ActionState[], string[]][])(
  'a run that is told as %j went through %j',
  (told, stages) => {
    const known = new ActionStages();
    expect(told.flatMap((status) => known.news(note(status)))).toEqual(stages);
  },
);

test('a note that is asked about twice has the same news', () => {
  const stages = new ActionStages();
  const one = note('running');
  expect(stages.news(one)).toEqual(['created', 'pending']);
  expect(stages.news(one)).toEqual(['created', 'pending']);
});

test('runs are told apart', () => {
  const stages = new ActionStages();
  stages.news(note('running', 'one'));
  expect(stages.news(note('pending', 'two'))).toEqual(['created']);
});
