import { defineThing, Problem } from '@thingtalk/core';
import type { House } from '../house.ts';
import { virtualId } from './virtual-id.ts';

/** How long the bolt travels. */
const boltMs = 400;

/** The lock of the front door: it locks itself some time after the door was closed. */
export function frontDoorLock(house: House) {
  let secondsClosed = 0;
  return defineThing(
    virtualId('front-door-lock'),
    {
      title: 'Front door lock',
      description: 'A motor lock that locks itself when the door stays closed',
      '@type': 'Lock',
      properties: {
        locked: {
          '@type': 'LockedProperty',
          title: 'Locked',
          description: 'Where the bolt is',
          type: 'string',
          enum: ['locked', 'unlocked', 'jammed', 'unknown'],
          readOnly: true,
        },
        autoLockAfter: {
          title: 'Locks itself after',
          description: 'How long the door must be closed before it locks itself; 0 is never',
          type: 'integer',
          minimum: 0,
          maximum: 3_600,
          unit: 'second',
        },
      },
      actions: {
        lock: {
          '@type': 'LockAction',
          title: 'Lock',
          description: 'Locks the door; fails while it stands open',
          synchronous: true,
        },
        unlock: {
          '@type': 'UnlockAction',
          title: 'Unlock',
          description: 'Unlocks the door',
          synchronous: true,
        },
      },
      events: {
        autoLocked: { title: 'Locked itself', description: 'The door was closed long enough' },
      },
    },
    {
      initial: { locked: 'unlocked', autoLockAfter: 30 },
      actions: {
        async lock(_input, { thing, delay }) {
          if (house.doorOpen) throw new Problem('action-failed', 'the front door stands open');
          await delay(boltMs);
          house.doorLocked = true;
          thing.report('locked', 'locked');
        },
        async unlock(_input, { thing, delay }) {
          await delay(boltMs);
          house.doorLocked = false;
          secondsClosed = 0;
          thing.report('locked', 'unlocked');
        },
      },
      start: (thing) => {
        house.doorLocked = thing.value('locked') === 'locked';
        return house.onTick(({ seconds }) => {
          secondsClosed = house.doorOpen ? 0 : secondsClosed + seconds;
          const after = thing.value('autoLockAfter') ?? 0;
          if (!house.doorLocked && after > 0 && secondsClosed >= after) {
            house.doorLocked = true;
            thing.emit('autoLocked');
          }
          thing.report('locked', house.doorLocked ? 'locked' : 'unlocked');
        });
      },
    },
  );
}
