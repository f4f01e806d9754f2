import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** Stale from here on, by the usual traffic light for rooms. */
const staleAbovePpm = 1_000;

/** The air sensor of the living room: people make the air stale, an open door freshens it, the coffee maker smokes. */
export function airQuality(house: House) {
  const random = house.random('air-quality');
  return defineThing(
    virtualId('living-room-air'),
    {
      title: 'Living room air',
      description: 'Carbon dioxide, fine dust and humidity in the living room',
      '@type': ['AirQualitySensor', 'HumiditySensor'],
      properties: {
        carbonDioxide: {
          '@type': 'ConcentrationProperty',
          title: 'Carbon dioxide',
          description: 'Outdoors it is about 420 ppm',
          type: 'integer',
          minimum: 0,
          unit: 'ppm',
          readOnly: true,
        },
        fineDust: {
          '@type': 'DensityProperty',
          title: 'Fine dust',
          description: 'Particles up to 2.5 micrometers',
          type: 'integer',
          minimum: 0,
          unit: 'microgram per cubic meter',
          readOnly: true,
        },
        humidity: {
          '@type': 'HumidityProperty',
          title: 'Humidity',
          description: 'Relative humidity of the air',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
          readOnly: true,
        },
      },
      events: {
        airBecameStale: {
          title: 'Stale air',
          description: 'Carbon dioxide rose above 1,000 ppm: open a window',
          data: { type: 'integer', unit: 'ppm' },
        },
      },
    },
    {
      initial: { carbonDioxide: round(house.carbonDioxide), fineDust: 6, humidity: 48 },
      start: (thing) => {
        house.carbonDioxide = thing.value('carbonDioxide') ?? house.carbonDioxide;
        return house.onTick(() => {
          const before = thing.value('carbonDioxide') ?? 0;
          const now = round(house.carbonDioxide);
          if (now > staleAbovePpm && before <= staleAbovePpm) thing.emit('airBecameStale', now);
          thing.report('carbonDioxide', now);
          thing.report('fineDust', round(6 + 150 * house.smoke + random.between(0, 2)));
          thing.report('humidity', round(62 - (house.indoorTemperature - 14) * 2));
        });
      },
    },
  );
}
