import { Dice } from './dice.ts';

/** A place in each part of a file, anywhere in it, always the same: where to flip a bit. */
export function placesIn(size: number, partBytes: number): readonly number[] {
  const dice = new Dice(size);
  const parts = Math.floor(size / partBytes);
  return Array.from({ length: parts }, (_, n) => n * partBytes + dice.below(partBytes));
}
