import { defineThing } from '@thingtalk/core';
import type { House } from '../house.ts';
import { round } from '../numbers.ts';
import { virtualId } from './virtual-id.ts';

/** Which lamp it is. */
export interface ColorLightOptions {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Whether it is lit at the start. */
  readonly on: boolean;
  /** What it draws at full brightness, in watt. */
  readonly watts: number;
}

const fadeStepMs = 100;

/** A lamp that can be dimmed and coloured; it draws power by how bright it is. */
export function colorLight(house: House, options: ColorLightOptions) {
  return defineThing(
    virtualId(options.name),
    {
      title: options.title,
      description: options.description,
      '@type': ['Light', 'OnOffSwitch', 'ColorControl'],
      properties: {
        on: {
          '@type': 'OnOffProperty',
          title: 'On/Off',
          description: 'Whether the lamp is lit',
          type: 'boolean',
        },
        brightness: {
          '@type': 'BrightnessProperty',
          title: 'Brightness',
          description: 'How bright the lamp is when it is lit',
          type: 'integer',
          minimum: 0,
          maximum: 100,
          unit: 'percent',
        },
        color: {
          '@type': 'ColorProperty',
          title: 'Colour',
          description: 'Red, green and blue in hexadecimal, as #ff8800',
          type: 'string',
          pattern: '^#[0-9a-fA-F]{6}$',
        },
        colorTemperature: {
          '@type': 'ColorTemperatureProperty',
          title: 'Colour temperature',
          description: 'How warm or cold the white is',
          type: 'integer',
          minimum: 2200,
          maximum: 6500,
          unit: 'kelvin',
        },
        colorMode: {
          '@type': 'ColorModeProperty',
          title: 'Colour mode',
          description: 'Whether the lamp shows its colour or its white: the one set last',
          type: 'string',
          enum: ['color', 'temperature'],
          readOnly: true,
        },
      },
      actions: {
        fade: {
          title: 'Fade',
          description: 'Goes to a brightness step by step, starting from the present one',
          input: {
            type: 'object',
            required: ['brightness', 'duration'],
            properties: {
              brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
              duration: { type: 'integer', minimum: 1, maximum: 60_000, unit: 'millisecond' },
            },
          },
        },
        toggle: { title: 'Toggle', description: 'Switches the lamp on or off', synchronous: true },
      },
    },
    {
      initial: {
        on: options.on,
        brightness: 80,
        color: '#ffb46b',
        colorTemperature: 2700,
        colorMode: 'temperature',
      },
      write: {
        color: (_color, lamp) => lamp.report('colorMode', 'color'),
        colorTemperature: (_kelvin, lamp) => lamp.report('colorMode', 'temperature'),
      },
      actions: {
        async fade({ brightness, duration }, run) {
          const from = run.thing.value('brightness') ?? 0;
          const steps = Math.ceil(duration / fadeStepMs);
          for (let done = 1; done <= steps; done++) {
            await run.delay(duration / steps);
            run.thing.report('brightness', round(from + ((brightness - from) * done) / steps));
            run.progress(done / steps);
          }
        },
        toggle: (_input, { thing }) => thing.report('on', !thing.value('on')),
      },
      start: (lamp) =>
        house.onTick(() => {
          const level = lamp.value('on') ? (lamp.value('brightness') ?? 0) / 100 : 0;
          house.draw(options.name, level * options.watts);
        }),
    },
  );
}
