/** One of the Things that are written to while things are killed. */
export interface StormThing {
  readonly id: string;
  /** Whether it is a bare device, which knows nothing of stamps, answers and runs. */
  readonly isBare: boolean;
  /** Properties that take growing numbers. */
  readonly properties: readonly string[];
}

/** Id of the SDK's Thing number `n`. */
export const thingId = (n: number) => `urn:dev:counts-${n}`;

/** Name of the bare device number `n`: its level in topics. */
export const deviceName = (n: number) => `device-${n}`;

/** The things: `sdk` of our SDK and `bare` devices. */
export function stormThings(sdk: number, bare: number): readonly StormThing[] {
  const ours = Array.from({ length: sdk }, (_, n) => ({
    id: thingId(n),
    isBare: false,
    properties: ['a', 'b'],
  }));
  const others = Array.from({ length: bare }, (_, n) => ({
    id: `urn:thing:${deviceName(n)}`,
    isBare: true,
    properties: ['a'],
  }));
  return [...ours, ...others];
}
