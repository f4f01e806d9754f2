import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import type { ClaimedDevice } from '../support/device-world.ts';
import { hasMosquitto } from '../support/mosquitto.ts';
import { type MosquittoTools, mosquittoTools } from '../support/mosquitto-tools.ts';
import { type AdministeredGateway, startSecuredGateway } from '../support/secured-gateway.ts';

const testWithMosquitto = test.skipIf(!hasMosquitto());
const fan = 'urn:dev:fan';
const own = `things/${fan}`;
const others = `things/${counter.id}`;

interface Claimed {
  readonly device: ClaimedDevice;
  /** The programs of mosquitto, under the device's client id with `name` behind it. */
  readonly mosquitto: (name: string) => MosquittoTools;
}

/** Claims the fan's device by one command and one request. */
async function claimFan(world: AdministeredGateway): Promise<Claimed> {
  const invited = await world.thingtalk('devices', 'claim', '--token', world.admin.token);
  const [token = ''] = invited.out;
  const body = { token, name: 'Fan', thingIds: [fan] };
  const answer = await world.ask('/devices/claim', { method: 'POST', body });
  const device = (await answer.json()) as ClaimedDevice;
  const { url, clientId, username } = device.mqtt;
  const who = { caFile: world.caFile, username, password: device.secret };
  return {
    device,
    mosquitto: (name) => mosquittoTools(url, { ...who, clientId: `${clientId}:${name}` }),
  };
}

const say = (value: unknown) => JSON.stringify(value);

testWithMosquitto(
  'a device is claimed, and speaks and hears with the programs of mosquitto over TLS',
  async () => {
    await using world = await startSecuredGateway();
    const { mosquitto } = await claimFan(world);
    const { token } = world.admin;
    const td = { title: 'Fan', properties: { on: { type: 'boolean' } } };
    const retained = { retain: true };
    await mosquitto('says').publish(`${own}/td`, say(td), retained);
    await mosquitto('says').publish(`${own}/values`, say({ on: false }), retained);
    await world.when(fan, (thing) => thing.property('on')?.value === false);
    const path = `/things/${fan}/properties/on`;
    expect(await (await world.ask(path, { token })).json()).toBe(false);

    await using heard = await mosquitto('hears').subscribe(`${own}/set`);
    const written = world.ask(path, { method: 'PUT', token, body: true });
    expect(JSON.parse(await heard.next())).toMatchObject({ on: true });
    await mosquitto('says').publish(`${own}/values`, say({ on: true }), retained);
    expect((await written).status).toBe(204);
  },
);

testWithMosquitto(
  'a device that was claimed reaches nothing else with the programs of mosquitto',
  async () => {
    await using world = await startSecuredGateway({}, { expose: [counter] });
    const { device, mosquitto } = await claimFan(world);
    const { run } = mosquitto('tries');
    const tried: string[] = [];

    // Other Things, the broker itself, and commands to its own.
    for (const topic of [
      ...[`${others}/td`, `${others}/values`, `${others}/status`, `${others}/set`],
      ...[`${others}/reply/gateway/1`, `${own}/set`, '$SYS/broker', 'elsewhere'],
    ]) {
      const said = await run(
        'PUB',
        '-q',
        '1',
        '-r',
        '-t',
        topic,
        '-m',
        '{"title":"Mine","on":true}',
      );
      expect([topic, said]).toEqual([topic, expect.stringContaining('connection was lost')]);
      tried.push(topic);
    }
    // A will on what is another's keeps it out, whatever it came for.
    for (const topic of [`${others}/status`, `${others}/td`, `${own}/set`]) {
      const will = ['--will-retain', '--will-topic', topic, '--will-payload', '{"online":false}'];
      const said = await run('PUB', ...will, '-t', `${own}/values`, '-m', '{"on":true}');
      expect([topic, said]).toEqual([topic, expect.stringContaining('not authorised')]);
    }
    // What others have retained, and what is answered to others.
    for (const filter of [
      ...['#', 'things/#', '+/+/td', 'things/+/values', `${others}/td`, `${others}/values`],
      ...[`${others}/reply/#`, 'things/+/reply/+/+', `${others}/request_action/#`, '$SYS/#'],
    ]) {
      const said = await run('SUB', '-t', filter, '-C', '1', '-W', '2');
      expect([filter, said]).toEqual([filter, expect.stringContaining('were denied')]);
      tried.push(filter);
    }

    const { things } = world.gateway;
    expect(things.find(counter.id)?.td.title).toBe('Counter');
    expect(things.find(counter.id)?.liveness.online).toBe(true);
    expect(things.find(fan)).toBeUndefined();
    const { entries } = await world.security.audit.query({ who: device.id, outcome: 'denied' });
    expect(entries.map(({ on }) => on)).toEqual(expect.arrayContaining(tried));
    expect(entries.filter(({ what }) => what === 'connect')).toHaveLength(3);
  },
  30_000,
);

testWithMosquitto(
  'a session that was refused something before has nothing of it when it is taken up again',
  async () => {
    await using world = await startSecuredGateway();
    const { mosquitto } = await claimFan(world);
    const thing = await world.gateway.expose(counter);
    await world.when(counter.id);
    const lasting = ['-c', '-q', '1'];
    const session = mosquitto('session');
    const refused = [`${others}/values`, `${others}/event`, 'things/#'];
    for (const filter of refused) {
      expect(await session.run('SUB', ...lasting, '-t', filter, '-W', '2')).toContain(
        'were denied',
      );
    }
    // The same name publishes what it may not, and is cut off.
    const cut = await session.run('PUB', '-c', '-q', '1', '-t', `${others}/values`, '-m', '{}');
    expect(cut).toContain('connection was lost');

    thing.report('level', 1);
    await using heard = await session.subscribe(`${own}/set`, ...lasting);
    thing.report('level', 2);
    thing.emit('counted', 3);
    await world.when(counter.id, (record) => record.property('level')?.value === 2);
    const td = { title: 'Fan', properties: { on: { type: 'boolean' } } };
    await mosquitto('says').publish(`${own}/td`, say(td), { retain: true });
    await world.when(fan);
    const path = `/things/${fan}/properties/on`;
    const written = world.ask(path, { method: 'PUT', token: world.admin.token, body: true });
    expect(JSON.parse(await heard.next())).toMatchObject({ on: true });
    await mosquitto('says').publish(`${own}/values`, say({ on: true }));
    expect((await written).status).toBe(204);
  },
  30_000,
);
