/** The lamp that every server serves, and the path of its dimmer on ours. */
export const lampId = 'urn:dev:ops:my-lamp-1234';

/** The lamp's TD without its id; `number` tells lamps apart when there are many. */
export function lampTd(number = 0) {
  return {
    title: number === 0 ? 'My Lamp' : `Lamp ${number}`,
    '@type': ['OnOffSwitch', 'Light'],
    description: 'A web connected lamp',
    properties: {
      on: { '@type': 'OnOffProperty', title: 'On/Off', type: 'boolean' },
      brightness: {
        '@type': 'BrightnessProperty',
        title: 'Brightness',
        type: 'integer',
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
        description: 'The lamp is too hot',
        data: { type: 'number', unit: 'degree celsius' },
      },
    },
  } as const;
}

/** The id of the lamp of that number. */
export function lampIdOf(number: number): string {
  return `urn:dev:ops:lamp-${number}`;
}

/** What the raw baselines check by hand: an integer from 0 to 100. */
export function isBrightness(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100;
}

/** The panel: the Thing whose changes are fanned out; eight counters `c0` to `c7`. */
export const panelId = 'urn:dev:ops:panel-1';

/** The names of the panel's properties. */
export const panelNames: readonly string[] = Array.from({ length: 8 }, (_, n) => `c${n}`);

/** The schema of each of the panel's properties. */
export const counterSchema = { type: 'integer', minimum: 0 } as const;

/** The meter: the Thing that speaks over MQTT as a bare device; one property, `count`. */
export const meterId = 'urn:dev:ops:meter-1';

/** The meter's TD, as it announces itself. */
export const meterTd = {
  title: 'Meter',
  properties: { count: { ...counterSchema, readOnly: true } },
} as const;
