import { ThingId } from '@thingtalk/core';
import type { GatewaySecurity } from '@thingtalk/gateway';
import type { Credentials } from './contract.ts';
import { meterId } from './lamp.ts';

/** One may ask 1,000 times a second: so many ask more often than any server here answers. */
const people = 64;
const password = 'bench-9-orkney-vlaqhpt';
const dayMs = 86_400_000;

/** Makes people with a token each, who may use every Thing, and the meter's device. */
export async function makeCredentials(security: GatewaySecurity): Promise<Credentials> {
  const { authentication, policy, devices } = security;
  const { door } = authentication;
  const by = { author: 'bench' };
  const tokens: string[] = [];
  for (let n = 1; n <= people; n++) {
    const { id } = await door.people.create({ name: `person-${n}`, password }, by.author);
    const wanted = { principal: id, name: 'bench', expires: Date.now() + dayMs };
    tokens.push((await door.tokens.create(wanted, id)).text);
  }
  const ops = ['read', 'write', 'observe'];
  await policy.grants.add({ who: { group: 'people' }, on: 'all', ops }, by);
  const meter = { name: 'Meter', things: [ThingId(meterId)], owner: 'bench' };
  const { device, secret } = await devices.add(meter, by.author);
  return { tokens, device: { id: device.id, secret } };
}
