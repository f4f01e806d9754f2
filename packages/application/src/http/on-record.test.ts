import { expect, it } from 'vitest';
import { isOnRecord } from './on-record.ts';

const statuses = [201, 204, 303, 401, 403, 404, 422, 429];

it.each([
  [undefined, []],
  ['changes', [201, 204, 303]],
  ['visits', [201, 204, 303, 401, 404, 422, 429]],
] as const)('of a row that records %s these answers are on record: %j', (records, expected) => {
  const row = records === undefined ? {} : { records };
  expect(statuses.filter((status) => isOnRecord(row, status))).toEqual(expected);
});
