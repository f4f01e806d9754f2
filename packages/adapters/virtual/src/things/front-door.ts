import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { virtualId } from './virtual-id.ts';

/** The sensor at the front door: it opens when somebody comes or goes, and lets the cold in. */
export function frontDoor(house: House) {
  const random = house.random('front-door');
  let occupied = house.occupied;
  let secondsLeft = 0;
  return defineThing(
    virtualId('front-door'),
    {
      title: 'Front door',
      description: 'A contact that tells whether the front door is open',
      '@type': 'DoorSensor',
      properties: {
        open: {
          '@type': 'OpenProperty',
          title: 'Open',
          description: 'Whether the door is open',
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
      events: {
        opened: { title: 'Opened', description: 'The door was opened' },
        closed: { title: 'Closed', description: 'The door was closed' },
      },
    },
    {
      initial: { open: false, battery: 94 },
      start: (thing) =>
        house.onTick(({ seconds }) => {
          secondsLeft = Math.max(0, secondsLeft - seconds);
          if (occupied !== house.occupied) {
            occupied = house.occupied;
            house.doorLocked = false;
            secondsLeft = Math.ceil(random.between(4, 15));
          }
          house.doorOpen = secondsLeft > 0;
          if (house.doorOpen === thing.value('open')) return;
          thing.report('open', house.doorOpen);
          thing.emit(house.doorOpen ? 'opened' : 'closed');
        }),
    },
  );
}
