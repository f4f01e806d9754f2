import { defineThing, Problem } from '@thingtalk/core';
import type { House } from '../house.ts';
import { clamp, round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** One square meter takes 2 s and half a percent of the battery. */
const msPerSquareMeter = 2_000;
const percentPerSquareMeter = 0.5;
const chargePerSecond = 0.25;
const chargeWatts = 30;

/** Below this it goes back to its dock. */
const reservePercent = 15;

/** A vacuum robot: cleaning takes minutes, shows how far it has come, and can be cancelled. */
export function robotCleaner(house: House) {
  let battery = 87;
  return defineThing(
    virtualId('robot-cleaner'),
    {
      title: 'Robot cleaner',
      description: 'Vacuums as many square meters as it is told, then goes back to its dock',
      properties: {
        state: {
          title: 'State',
          description: 'What the robot is doing',
          type: 'string',
          enum: ['docked', 'cleaning', 'returning'],
          readOnly: true,
        },
        battery: {
          title: 'Battery',
          description: 'What is left in the battery',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
          readOnly: true,
        },
        cleanedArea: {
          title: 'Cleaned area',
          description: 'What the robot has cleaned in this run, or did in the last',
          type: 'integer',
          minimum: 0,
          unit: 'square meter',
          readOnly: true,
        },
        fanSpeed: {
          title: 'Fan speed',
          description: 'How hard it vacuums',
          type: 'string',
          enum: ['quiet', 'normal', 'turbo'],
        },
      },
      actions: {
        clean: {
          title: 'Clean',
          description: 'Cleans an area; cancelled, it goes back to its dock at once',
          input: {
            type: 'object',
            required: ['area'],
            properties: {
              area: { type: 'integer', minimum: 1, maximum: 120, unit: 'square meter' },
            },
          },
          output: { type: 'integer', unit: 'square meter' },
        },
      },
      events: {
        cleaned: {
          title: 'Cleaned',
          description: 'A run has come to its end',
          data: { type: 'integer', unit: 'square meter' },
        },
        batteryLow: {
          title: 'Battery low',
          description: 'The run was broken off because the battery is nearly empty',
          data: { type: 'integer', unit: 'percent' },
        },
      },
    },
    {
      initial: { state: 'docked', battery, cleanedArea: 0, fanSpeed: 'normal' },
      actions: {
        async clean({ area }, { thing, delay, progress, signal }) {
          if (thing.value('state') !== 'docked') {
            throw new Problem('conflict', `the robot is ${thing.value('state')} already`);
          }
          thing.report('state', 'cleaning');
          let cleaned = 0;
          try {
            while (cleaned < area && battery > reservePercent) {
              await delay(msPerSquareMeter);
              cleaned++;
              battery -= percentPerSquareMeter;
              thing.report('cleanedArea', cleaned);
              progress(cleaned / area);
            }
          } finally {
            thing.report('state', signal.aborted ? 'docked' : 'returning');
          }
          await delay(msPerSquareMeter).finally(() => thing.report('state', 'docked'));
          if (cleaned < area) thing.emit('batteryLow', round(battery));
          thing.emit('cleaned', cleaned);
          return cleaned;
        },
      },
      start: (thing) => {
        battery = thing.value('battery') ?? battery;
        // Without power it rolls nowhere; whoever finds it puts it back.
        thing.report('state', 'docked');
        return house.onTick(({ seconds }) => {
          const charges = thing.value('state') === 'docked' && battery < 100;
          if (charges) battery = clamp(battery + chargePerSecond * seconds, 0, 100);
          house.draw('robot-cleaner', charges ? chargeWatts : 0);
          thing.report('battery', round(battery));
        });
      },
    },
  );
}
