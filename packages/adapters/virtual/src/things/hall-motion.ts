import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** It stays on this long after the last movement. */
const holdSeconds = 10;

/** The motion sensor in the hall: it sees who is at home, and whoever comes through the door. */
export function hallMotion(house: House) {
  const random = house.random('hall-motion');
  let secondsLeft = 0;
  return defineThing(
    virtualId('hall-motion'),
    {
      title: 'Hall motion sensor',
      description: 'Sees whether somebody moves in the hall, and how bright it is there',
      '@type': 'MotionSensor',
      properties: {
        motion: {
          '@type': 'MotionProperty',
          title: 'Motion',
          description: 'Whether somebody moves, or did so within the last ten seconds',
          type: 'boolean',
          readOnly: true,
        },
        illuminance: {
          title: 'Illuminance',
          description: 'How bright the hall is',
          type: 'integer',
          minimum: 0,
          unit: 'lux',
          readOnly: true,
        },
      },
      events: {
        motionDetected: { title: 'Motion', description: 'Somebody began to move in the hall' },
      },
    },
    {
      initial: { motion: false, illuminance: 5 },
      start: (thing) =>
        house.onTick(({ seconds, hours }) => {
          const moves = house.doorOpen || (house.occupied && random.happens(3, hours));
          secondsLeft = moves ? holdSeconds : Math.max(0, secondsLeft - seconds);
          const motion = secondsLeft > 0;
          if (motion && !thing.value('motion')) thing.emit('motionDetected');
          thing.report('motion', motion);
          thing.report('illuminance', round(5 + 40 * house.sun) * (house.doorOpen ? 4 : 1));
        }),
    },
  );
}
