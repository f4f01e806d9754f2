import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** What the coffee maker's clock draws. */
const standbyWatts = 1.5;

/** The plug the coffee maker hangs on: it measures what is drawn, and can take its power away. */
export function kitchenPlug(house: House) {
  let energy = 0;
  return defineThing(
    virtualId('kitchen-plug'),
    {
      title: 'Kitchen plug',
      description: 'A switched socket that measures; the coffee maker hangs on it',
      '@type': ['SmartPlug', 'OnOffSwitch', 'EnergyMonitor'],
      properties: {
        on: {
          '@type': 'OnOffProperty',
          title: 'On/Off',
          description: 'Whether the socket has power',
          type: 'boolean',
        },
        power: {
          '@type': 'InstantaneousPowerProperty',
          title: 'Power',
          description: 'What is drawn now',
          type: 'number',
          minimum: 0,
          unit: 'watt',
          readOnly: true,
        },
        energy: {
          title: 'Energy',
          description: 'What was drawn since the start',
          type: 'number',
          minimum: 0,
          unit: 'kilowatt hour',
          readOnly: true,
        },
      },
    },
    {
      initial: { on: true, power: standbyWatts, energy },
      write: {
        on: (on) => {
          house.kitchenPowered = on;
        },
      },
      start: (thing) => {
        house.kitchenPowered = thing.value('on') ?? true;
        energy = thing.value('energy') ?? energy;
        return house.onTick(({ hours }) => {
          const power = thing.value('on') ? standbyWatts + house.drawOf('coffee-maker') : 0;
          energy += (power / 1_000) * hours;
          house.draw('kitchen-plug', thing.value('on') ? standbyWatts : 0);
          thing.report('power', round(power, 1));
          thing.report('energy', round(energy, 3));
        });
      },
    },
  );
}
