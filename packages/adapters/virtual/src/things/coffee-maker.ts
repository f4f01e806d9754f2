import { defineThing, Problem } from '@thingtalk/core';
import type { House } from '../house.ts';
import { virtualId } from './virtual-id.ts';

const msPerCup = 15_000;
const stepsPerCup = 10;
const brewingWatts = 1_100;
const tankCups = 8;

/** A coffee maker on the kitchen's plug: without power it brews nothing, and now and then a drop burns on the plate. */
export function coffeeMaker(house: House) {
  const random = house.random('coffee-maker');
  return defineThing(
    virtualId('coffee-maker'),
    {
      title: 'Coffee maker',
      description: 'Brews up to eight cups; it hangs on the kitchen plug',
      properties: {
        state: {
          title: 'State',
          description: 'What the machine is doing; off is without power',
          type: 'string',
          enum: ['off', 'ready', 'brewing'],
          readOnly: true,
        },
        water: {
          title: 'Water',
          description: 'Cups of water in the tank',
          type: 'integer',
          minimum: 0,
          maximum: tankCups,
          unit: 'count',
          readOnly: true,
        },
        strength: {
          title: 'Strength',
          description: 'How strong the coffee shall be',
          type: 'string',
          enum: ['mild', 'medium', 'strong'],
        },
      },
      actions: {
        brew: {
          title: 'Brew',
          description: 'Brews some cups of coffee, 15 s each',
          input: {
            type: 'object',
            required: ['cups'],
            properties: { cups: { type: 'integer', minimum: 1, maximum: tankCups } },
          },
        },
        refill: {
          title: 'Refill',
          description: 'Fills the tank with water',
          synchronous: true,
          idempotent: true,
        },
      },
      events: {
        coffeeReady: {
          title: 'Coffee is ready',
          description: 'So many cups are in the pot',
          data: { type: 'integer', unit: 'count' },
        },
      },
    },
    {
      initial: { state: 'ready', water: tankCups, strength: 'medium' },
      actions: {
        async brew({ cups }, { thing, delay, progress }) {
          const water = thing.value('water') ?? 0;
          if (thing.value('state') === 'brewing') throw new Problem('conflict', 'it brews already');
          if (cups > water) {
            throw new Problem(
              'action-failed',
              `${cups} cups need more than the ${water} in the tank`,
            );
          }
          thing.report('state', 'brewing');
          house.draw('coffee-maker', brewingWatts);
          try {
            for (let part = 1; part <= cups * stepsPerCup; part++) {
              await delay(msPerCup / stepsPerCup);
              if (!house.kitchenPowered)
                throw new Problem('action-failed', 'the plug was switched off');
              if (part % stepsPerCup === 0) thing.report('water', water - part / stepsPerCup);
              progress(part / (cups * stepsPerCup));
            }
          } finally {
            house.draw('coffee-maker', 0);
            thing.report('state', house.kitchenPowered ? 'ready' : 'off');
          }
          if (random.next() < 0.1) house.smoke = 1;
          thing.emit('coffeeReady', cups);
        },
        refill: (_input, { thing }) => thing.report('water', tankCups),
      },
      start: (thing) => {
        if (thing.value('state') === 'brewing') thing.report('state', 'ready');
        return house.onTick(() => {
          if (thing.value('state') !== 'brewing') {
            thing.report('state', house.kitchenPowered ? 'ready' : 'off');
          }
        });
      },
    },
  );
}
