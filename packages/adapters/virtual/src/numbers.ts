/** `value`, but not below `low` nor above `high`. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** `value` drawn `rate` time constants closer to `target`, as warmth flows. */
export function toward(value: number, target: number, rate: number): number {
  return target + (value - target) * Math.exp(-rate);
}

/** `value` moved to `target` by `distance` at the most, as a motor runs. */
export function step(value: number, target: number, distance: number): number {
  return value + clamp(target - value, -distance, distance);
}

/** `value` as an instrument shows it, with that many decimals. */
export function round(value: number, decimals = 0): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
