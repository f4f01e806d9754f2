import { type Bus, MemoryBus, Payload, Topics } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { hasMosquitto, startMosquitto } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import { BusAnnouncements } from './bus-announcements.ts';

const keeps = { retain: true, qos: 1 } as const;

/** A Thing announces itself to `bus`, is looked at, cleared, and said again, while others listen to all Things. */
async function lookClearSay(bus: Bus): Promise<void> {
  const announcements = new BusAnnouncements(bus, new Topics());
  await using _all = await bus.subscribe('things/+/td', () => {});
  const said = { td: '{"title":"Lamp"}', status: '{"online":true}', values: '{"on":true}' };
  for (const [part, text] of Object.entries(said)) {
    await bus.publish(`things/lamp/${part}`, Payload.ofText(text), keeps);
  }
  await bus.publish('things/lamp/event', Payload.of({}), keeps);
  expect(await announcements.kept('lamp')).toEqual(said);
  expect(await announcements.kept('other')).toEqual({});
  await announcements.clear('lamp');
  expect(await announcements.kept('lamp')).toEqual({});
  await announcements.say('lamp', { td: said.td });
  expect(await announcements.kept('lamp')).toEqual({ td: said.td });
}

it('what a Thing keeps is found, cleared and said again on a bus in this process', async () => {
  await using bus = new MemoryBus();
  await lookClearSay(bus);
});

describe.skipIf(!hasMosquitto())('with a mosquitto', () => {
  it('what a Thing keeps is found, cleared and said again', async () => {
    await using mosquitto = await startMosquitto();
    await using bus = await MqttBus.connect(mosquitto.url);
    await lookClearSay(bus);
  });
});
