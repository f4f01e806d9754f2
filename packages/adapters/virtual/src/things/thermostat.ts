import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { clamp, round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

const heaterWatts = 2_000;

/** Below the target by this much heats with full power. */
const proportionalBand = 1;

/** A thermostat with an electric radiator: it heats the room toward its target, harder when it is far away. */
export function thermostat(house: House) {
  return defineThing(
    virtualId('living-room-thermostat'),
    {
      title: 'Living room thermostat',
      description: 'Heats the living room with an electric radiator of 2 kW',
      '@type': ['Thermostat', 'TemperatureSensor'],
      properties: {
        temperature: {
          '@type': 'TemperatureProperty',
          title: 'Temperature',
          description: 'How warm the room is',
          type: 'number',
          unit: 'degree celsius',
          readOnly: true,
        },
        targetTemperature: {
          '@type': 'TargetTemperatureProperty',
          title: 'Target temperature',
          description: 'How warm the room shall be',
          type: 'number',
          minimum: 5,
          maximum: 30,
          multipleOf: 0.5,
          unit: 'degree celsius',
        },
        mode: {
          '@type': 'ThermostatModeProperty',
          title: 'Mode',
          description:
            'Off, heating to the target, or to the target only while somebody is at home',
          type: 'string',
          enum: ['off', 'heat', 'auto'],
        },
        heatingCooling: {
          '@type': 'HeatingCoolingProperty',
          title: 'Heating',
          description: 'Whether the radiator is heating',
          type: 'string',
          enum: ['off', 'heating'],
          readOnly: true,
        },
      },
      events: {
        targetReached: {
          title: 'Target reached',
          description: 'The room has become as warm as it shall be',
          data: { type: 'number', unit: 'degree celsius' },
        },
      },
    },
    {
      initial: {
        temperature: round(house.indoorTemperature, 1),
        targetTemperature: 21,
        mode: 'heat',
        heatingCooling: 'off',
      },
      start: (thing) => {
        house.indoorTemperature = thing.value('temperature') ?? house.indoorTemperature;
        return house.onTick(() => {
          const mode = thing.value('mode');
          const wanted = mode === 'heat' || (mode === 'auto' && house.occupied);
          const missing = (thing.value('targetTemperature') ?? 0) - house.indoorTemperature;
          const power = wanted ? clamp(missing / proportionalBand, 0, 1) : 0;
          house.draw('heating', power * heaterWatts);
          // Steady weather keeps the heater at a low power; it counts as heating from a tenth on.
          const isHeating = power > 0.1;
          if (!isHeating && wanted && thing.value('heatingCooling') === 'heating') {
            thing.emit('targetReached', round(house.indoorTemperature, 1));
          }
          thing.report('heatingCooling', isHeating ? 'heating' : 'off');
          thing.report('temperature', round(house.indoorTemperature, 1));
        });
      },
    },
  );
}
