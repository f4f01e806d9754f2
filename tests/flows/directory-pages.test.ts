import { expect, it } from 'vitest';
import { describedThing } from '../support/directory-world.ts';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';

const crowd = 10_000;
const idOf = (n: number) => `urn:page:${String(n).padStart(5, '0')}`;

const put = async (world: GatewayWorld, id: string, title: string) => {
  const headers = { 'content-type': 'application/td+json' };
  const body = JSON.stringify(describedThing(id, { title }));
  const { status } = await world.fetch(`/things/${id}`, { method: 'PUT', headers, body });
  expect(status).toBeOneOf([201, 204]);
};
const remove = async (world: GatewayWorld, id: string) => {
  const { status } = await world.fetch(`/things/${id}`, { method: 'DELETE' });
  expect(status).toBe(204);
};

/** Does `work` for each of the numbers below `count`, a few at a time. */
async function each(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const hand = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 64 }, hand));
}

it('7.3.2.1.5: whoever follows the next links over 10,000 TDs sees each that stood all along once, while others come, change and go', async () => {
  await using world = await startGatewayWorld();
  // Of three that follow one another the first stays as it is, the second is changed, the third comes and goes.
  await each(crowd, (n) => put(world, idOf(n), 'Meter'));
  const isSteady = (n: number) => n % 3 !== 2;

  let isReading = true;
  let disturbed = Promise.withResolvers<void>();
  const disturb = async (begin: number) => {
    for (let n = begin; isReading; n = (n + 12) % crowd) {
      if (n % 3 === 1) await put(world, idOf(n), 'Changed');
      else if (n % 3 === 2) {
        await remove(world, idOf(n));
        await put(world, idOf(n), 'Back');
        // One that was never there.
        await put(world, `${idOf(n)}:new`, 'New');
        await remove(world, `${idOf(n)}:new`);
      }
      disturbed.resolve();
      disturbed = Promise.withResolvers();
    }
  };
  const disturbing = Promise.all([1, 2, 5, 8].map(disturb));

  const seen: string[] = [];
  let pages = 0;
  for (let next: string | undefined = '/things?limit=250'; next !== undefined; pages++) {
    const response: Response = await world.fetch(next);
    for (const { id } of (await response.json()) as { id: string }[]) seen.push(id);
    await disturbed.promise;
    next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  isReading = false;
  await disturbing;

  expect(pages).toBeGreaterThanOrEqual(40);
  expect(new Set(seen).size).toBe(seen.length);
  const steady = Array.from({ length: crowd }, (_, n) => n)
    .filter(isSteady)
    .map(idOf);
  const stood = new Set(steady);
  expect(seen.filter((id) => stood.has(id))).toEqual(steady);
}, 120_000);
