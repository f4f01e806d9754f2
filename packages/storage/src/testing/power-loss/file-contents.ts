import type { Dice } from '../dice.ts';
import type { Done, FileDeed } from './past.ts';

/** How what was not synced is treated. */
interface Whim {
  readonly dice: Dice;
  /** Bytes of a sector. */
  readonly sector: number;
  /** Whether each sector has a fate of its own; else the last deeds are missing and all before them is there. */
  readonly isScattered: boolean;
  readonly isTorn: boolean;
  /** What is found where a sector belongs to the file and was never brought to the disk. */
  readonly isRubbish: boolean;
}

/** A file as it may be found, as the dice fall. */
export function contentsAfter({ sure, pending }: Done<FileDeed>, dice: Dice): Buffer {
  const base = contentsOf(sure);
  const deeds = pending.slice(0, dice.below(pending.length + 1));
  if (deeds.length === 0) return base;
  const whim: Whim = {
    dice,
    sector: dice.oneOf([512, 4_096]),
    isScattered: dice.chance(0.7),
    isTorn: dice.chance(0.3),
    isRubbish: dice.chance(0.3),
  };
  const sizes = sizesAfter(base.length, deeds);
  const all = Buffer.alloc(Math.max(...sizes) + whim.sector);
  base.copy(all);
  for (const [start, touching] of sectorsOf(deeds, sizes, whim.sector)) {
    sectorAfter(base.subarray(start, start + whim.sector), start, touching, whim).copy(all, start);
  }
  const size = whim.isScattered ? dice.below(sizes.length) : sizes.length - 1;
  return all.subarray(0, sizes[size]);
}

/** A file to which all of this was done. */
export function contentsOf(deeds: readonly FileDeed[]): Buffer {
  const sizes = sizesAfter(0, deeds);
  const all = Buffer.alloc(Math.max(...sizes));
  for (const deed of deeds) put(all, 0, deed);
  return all.subarray(0, sizes.at(-1));
}

/** The size before, and after each of the deeds. */
function sizesAfter(size: number, deeds: readonly FileDeed[]): readonly number[] {
  const sizes = [size];
  for (const deed of deeds) {
    sizes.push(deed.kind === 'size' ? deed.size : Math.max(sizes.at(-1) ?? 0, endOf(deed)));
  }
  return sizes;
}

/** By where it starts, each sector that one of the deeds touches, with those that do. */
function sectorsOf(deeds: readonly FileDeed[], sizes: readonly number[], sector: number) {
  const sectors = new Map<number, FileDeed[]>();
  for (const [n, deed] of deeds.entries()) {
    const [from, to] =
      deed.kind === 'write' ? [deed.offset, endOf(deed)] : [deed.size, sizes[n] ?? 0];
    for (let start = from - (from % sector); start < to; start += sector) {
      const touching = sectors.get(start);
      if (touching === undefined) sectors.set(start, [deed]);
      else touching.push(deed);
    }
  }
  return sectors;
}

function sectorAfter(before: Buffer, start: number, deeds: readonly FileDeed[], whim: Whim) {
  const { dice, isScattered, isTorn } = whim;
  const some = () => (isScattered ? dice.below(deeds.length + 1) : deeds.length);
  const found = version(before, start, deeds.slice(0, some()), whim);
  if (!isTorn || !dice.chance(0.2)) return found;
  const other = version(before, start, deeds.slice(0, dice.below(deeds.length + 1)), whim);
  other.copy(found, 0, 0, dice.below(whim.sector));
  return found;
}

/** A sector after some deeds; after none, what the disk had there. */
function version(before: Buffer, start: number, deeds: readonly FileDeed[], whim: Whim): Buffer {
  const bytes = Buffer.alloc(whim.sector);
  if (deeds.length === 0 && whim.isRubbish) whim.dice.fill(bytes);
  before.copy(bytes);
  for (const deed of deeds) put(bytes, start, deed);
  return bytes;
}

/** Does a deed to a part of a file that starts at `start`. */
function put(part: Buffer, start: number, deed: FileDeed): void {
  if (deed.kind === 'size') {
    part.fill(0, Math.min(part.length, Math.max(0, deed.size - start)));
    return;
  }
  const skipped = Math.max(0, start - deed.offset);
  deed.bytes.copy(part, Math.max(0, deed.offset - start), skipped);
}

const endOf = (deed: FileDeed & { kind: 'write' }) => deed.offset + deed.bytes.length;
