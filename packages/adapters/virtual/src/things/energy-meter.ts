import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** The meter of the house: it sums what everything draws, and never runs backwards. */
export function energyMeter(house: House) {
  const random = house.random('energy-meter');
  let energy = random.between(4_000, 9_000);
  return defineThing(
    virtualId('energy-meter'),
    {
      title: 'Energy meter',
      description: 'Measures what the whole house draws from the grid',
      '@type': 'EnergyMonitor',
      properties: {
        power: {
          '@type': 'InstantaneousPowerProperty',
          title: 'Power',
          description: 'What the house draws now',
          type: 'number',
          minimum: 0,
          unit: 'watt',
          readOnly: true,
        },
        energy: {
          title: 'Energy',
          description: 'What the house has drawn since the meter was built in',
          type: 'number',
          minimum: 0,
          unit: 'kilowatt hour',
          readOnly: true,
        },
        voltage: {
          '@type': 'VoltageProperty',
          title: 'Voltage',
          description: 'Between phase and neutral',
          type: 'number',
          unit: 'volt',
          readOnly: true,
        },
        current: {
          '@type': 'CurrentProperty',
          title: 'Current',
          description: 'What flows through the phase',
          type: 'number',
          unit: 'ampere',
          readOnly: true,
        },
        frequency: {
          '@type': 'FrequencyProperty',
          title: 'Frequency',
          description: 'Of the grid',
          type: 'number',
          unit: 'hertz',
          readOnly: true,
        },
      },
    },
    {
      initial: { power: round(house.power), energy: round(energy, 3), voltage: 230, frequency: 50 },
      start: (thing) => {
        energy = thing.value('energy') ?? energy;
        return house.onTick(({ hours }) => {
          const power = house.power;
          const voltage = 231 - power / 2_000 + random.between(-0.5, 0.5);
          energy += (power / 1_000) * hours;
          thing.report('power', round(power));
          thing.report('energy', round(energy, 3));
          thing.report('voltage', round(voltage, 1));
          thing.report('current', round(power / voltage, 2));
          thing.report('frequency', round(50 + random.between(-0.02, 0.02), 2));
        });
      },
    },
  );
}
