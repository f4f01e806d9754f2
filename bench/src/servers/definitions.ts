import { defineThing, type ThingInit } from '@thingtalk/core';
import { counterSchema, lampId, lampIdOf, lampTd, panelId, panelNames } from './lamp.ts';

/** The lamp of that number, as a Thing of ours that keeps what is written to it; 0 is the one that is asked over HTTP. */
export function lamp(number = 0) {
  return defineThing(number === 0 ? lampId : lampIdOf(number), lampTd(number), {
    initial: { on: true, brightness: 50 },
    actions: { fade: async () => {} },
  });
}

/** The panel, as a Thing of ours. */
export const panel = defineThing(panelId, {
  title: 'Panel',
  properties: Object.fromEntries(panelNames.map((name) => [name, counterSchema])),
} satisfies ThingInit);
