import type { ThingDefinition } from '@thingtalk/core';
import type { House } from '../house.ts';
import { airQuality } from './air-quality.ts';
import { blinds } from './blinds.ts';
import { coffeeMaker } from './coffee-maker.ts';
import { colorLight } from './color-light.ts';
import { energyMeter } from './energy-meter.ts';
import { frontDoor } from './front-door.ts';
import { frontDoorLock } from './front-door-lock.ts';
import { hallMotion } from './hall-motion.ts';
import { kitchenPlug } from './kitchen-plug.ts';
import { mediaPlayer } from './media-player.ts';
import { robotCleaner } from './robot-cleaner.ts';
import { smokeDetector } from './smoke-detector.ts';
import { sprinkler } from './sprinkler.ts';
import { thermostat } from './thermostat.ts';
import { weatherStation } from './weather-station.ts';

/** What stands in the house from the start. The door comes before those who look at it, the meter after those who draw. */
export function furniture(house: House): readonly ThingDefinition[] {
  return [
    weatherStation(house),
    frontDoor(house),
    frontDoorLock(house),
    hallMotion(house),
    colorLight(house, {
      name: 'living-room-light',
      title: 'Living room light',
      description: 'The floor lamp beside the sofa',
      on: true,
      watts: 11,
    }),
    colorLight(house, {
      name: 'kitchen-light',
      title: 'Kitchen light',
      description: 'The strip above the worktop',
      on: false,
      watts: 18,
    }),
    blinds(house),
    thermostat(house),
    airQuality(house),
    smokeDetector(house),
    coffeeMaker(house),
    kitchenPlug(house),
    mediaPlayer(house),
    robotCleaner(house),
    sprinkler(house),
    energyMeter(house),
  ];
}

/** What lies unpacked in the cupboard: it can be discovered, and works once it is adopted. */
export function spares(house: House): readonly ThingDefinition[] {
  return [
    colorLight(house, {
      name: 'bedroom-light',
      title: 'Bedroom light',
      description: 'A bedside lamp that waits to be adopted',
      on: false,
      watts: 7,
    }),
  ];
}
