import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { virtualId } from './virtual-id.ts';

const alarmAbove = 0.5;
const testMs = 3_000;

/** The smoke detector in the kitchen, which a forgotten coffee pot may wake. */
export function smokeDetector(house: House) {
  let isTesting = false;
  return defineThing(
    virtualId('kitchen-smoke'),
    {
      title: 'Kitchen smoke detector',
      description: 'Sounds an alarm when there is smoke in the kitchen',
      '@type': 'SmokeSensor',
      properties: {
        smoke: {
          '@type': 'SmokeProperty',
          title: 'Smoke',
          description: 'Whether the alarm sounds',
          type: 'boolean',
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
      },
      actions: {
        test: { title: 'Test', description: 'Sounds the alarm for three seconds' },
      },
      events: {
        alarm: {
          '@type': 'AlarmEvent',
          title: 'Alarm',
          description: 'The alarm began to sound; the data says why',
          data: { type: 'string', enum: ['smoke', 'test'] },
        },
      },
    },
    {
      initial: { smoke: false, battery: 81 },
      actions: {
        async test(_input, { thing, delay }) {
          isTesting = true;
          thing.report('smoke', true);
          thing.emit('alarm', 'test');
          await delay(testMs).finally(() => {
            isTesting = false;
            thing.report('smoke', house.smoke > alarmAbove);
          });
        },
      },
      start: (thing) =>
        house.onTick(() => {
          const smoke = house.smoke > alarmAbove;
          if (smoke && !thing.value('smoke')) thing.emit('alarm', 'smoke');
          thing.report('smoke', smoke || isTesting);
        }),
    },
  );
}
