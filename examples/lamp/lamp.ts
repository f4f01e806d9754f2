import { defineThing } from '@thingtalk/core';

/** The Web of Things community's well-known lamp: `npx thingtalk expose examples/lamp/lamp.ts`. */
export default defineThing(
  'urn:dev:ops:my-lamp-1234',
  {
    title: 'My Lamp',
    description: 'A web connected lamp',
    '@type': ['OnOffSwitch', 'Light'],
    properties: {
      on: {
        '@type': 'OnOffProperty',
        title: 'On/Off',
        type: 'boolean',
        description: 'Whether the lamp is turned on',
      },
      brightness: {
        '@type': 'BrightnessProperty',
        title: 'Brightness',
        type: 'integer',
        description: 'The level of light from 0 to 100',
        minimum: 0,
        maximum: 100,
        unit: 'percent',
      },
    },
    actions: {
      fade: {
        title: 'Fade',
        description: 'Fade the lamp to a given level',
        input: {
          type: 'object',
          required: ['brightness', 'duration'],
          properties: {
            brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
            duration: { type: 'integer', minimum: 1, unit: 'millisecond' },
          },
        },
      },
    },
    events: {
      overheated: {
        description: 'The lamp has exceeded its safe operating temperature',
        data: { type: 'number', unit: 'degree celsius' },
      },
    },
  },
  {
    initial: { on: true, brightness: 50 },
    actions: {
      async fade({ brightness, duration }, run) {
        await run.delay(duration);
        run.thing.report('brightness', brightness);
        run.thing.emit('overheated', 102);
      },
    },
  },
);
