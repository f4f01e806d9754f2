import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { clamp, round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

const litersPerMinute = 12;
const dryBelowPercent = 25;

/** The sprinkler in the garden: sun dries the soil, rain and the valve wet it. */
export function sprinkler(house: House) {
  let moisture = 42;
  let total = 0;
  return defineThing(
    virtualId('garden-sprinkler'),
    {
      title: 'Garden sprinkler',
      description: 'Waters the garden; the soil dries in the sun and gets wet in the rain',
      '@type': 'OnOffSwitch',
      properties: {
        on: {
          '@type': 'OnOffProperty',
          title: 'On/Off',
          description: 'Whether the valve is open',
          type: 'boolean',
        },
        soilMoisture: {
          title: 'Soil moisture',
          description: 'How wet the soil is',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
          readOnly: true,
        },
        flow: {
          title: 'Flow',
          description: 'What flows through the valve',
          type: 'number',
          minimum: 0,
          unit: 'liter per minute',
          readOnly: true,
        },
        total: {
          title: 'Water',
          description: 'What has flowed since the start',
          type: 'number',
          minimum: 0,
          unit: 'liter',
          readOnly: true,
        },
      },
      actions: {
        water: {
          title: 'Water',
          description: 'Opens the valve for some time',
          input: {
            type: 'object',
            required: ['duration'],
            properties: {
              duration: { type: 'integer', minimum: 1, maximum: 3_600, unit: 'second' },
            },
          },
        },
      },
      events: {
        soilDry: {
          title: 'Soil is dry',
          description: 'The soil has become drier than a quarter',
          data: { type: 'integer', unit: 'percent' },
        },
      },
    },
    {
      initial: { on: false, soilMoisture: moisture, flow: 0, total },
      actions: {
        async water({ duration }, { thing, delay, progress }) {
          thing.report('on', true);
          try {
            for (let second = 1; second <= duration; second++) {
              await delay(1_000);
              progress(second / duration);
            }
          } finally {
            thing.report('on', false);
          }
        },
      },
      start: (thing) => {
        moisture = thing.value('soilMoisture') ?? moisture;
        total = thing.value('total') ?? total;
        return house.onTick(({ seconds, hours }) => {
          const flow = thing.value('on') ? litersPerMinute : 0;
          total += (flow * seconds) / 60;
          const wetting = house.rain * 4 * hours + flow * 0.02 * seconds;
          moisture = clamp(moisture - (0.5 + 4 * house.sun) * hours + wetting, 0, 100);
          const percent = round(moisture);
          const before = thing.value('soilMoisture') ?? percent;
          if (percent < dryBelowPercent && before >= dryBelowPercent)
            thing.emit('soilDry', percent);
          thing.report('flow', flow);
          thing.report('total', round(total, 1));
          thing.report('soilMoisture', percent);
        });
      },
    },
  );
}
