import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round, step } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** From closed to open takes 25 s. */
const percentPerSecond = 4;

/** Blinds with a motor: their position follows the target in its own time, and sunlight warms the room behind them. */
export function blinds(house: House) {
  return defineThing(
    virtualId('living-room-blinds'),
    {
      title: 'Living room blinds',
      description: 'Blinds of the south window; the sun warms the room when they are open',
      '@type': 'MultiLevelSwitch',
      properties: {
        position: {
          title: 'Position',
          description: 'Where the blinds are now: 0 is closed, 100 is open',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
          readOnly: true,
        },
        targetPosition: {
          '@type': 'LevelProperty',
          title: 'Target position',
          description: 'Where the blinds shall be',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
        },
        motion: {
          title: 'Motion',
          description: 'Which way the motor runs',
          type: 'string',
          enum: ['stopped', 'opening', 'closing'],
          readOnly: true,
        },
      },
      actions: {
        open: { title: 'Open', description: 'Opens the blinds all the way', synchronous: true },
        close: { title: 'Close', description: 'Closes the blinds all the way', synchronous: true },
        stop: { title: 'Stop', description: 'Stops the blinds where they are', synchronous: true },
      },
      events: {
        arrived: {
          title: 'Arrived',
          description: 'The blinds have reached their target',
          data: { type: 'integer', unit: 'percent' },
        },
      },
    },
    {
      initial: { position: 0, targetPosition: 60, motion: 'stopped' },
      actions: {
        open: (_input, { thing }) => thing.report('targetPosition', 100),
        close: (_input, { thing }) => thing.report('targetPosition', 0),
        stop: (_input, { thing }) => thing.report('targetPosition', thing.value('position') ?? 0),
      },
      start: (thing) =>
        house.onTick(({ seconds }) => {
          const position = thing.value('position') ?? 0;
          const target = thing.value('targetPosition') ?? position;
          const next = round(step(position, target, percentPerSecond * seconds));
          house.blindsOpen = next / 100;
          house.draw('blinds', next === position ? 0 : 120);
          if (next === position) return thing.report('motion', 'stopped');
          thing.report('position', next);
          thing.report('motion', next > position ? 'opening' : 'closing');
          if (next === target) thing.emit('arrived', next);
        }),
    },
  );
}
