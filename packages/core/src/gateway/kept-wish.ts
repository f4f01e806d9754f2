import type { JsonValue } from '../data/json.ts';
import type { Wish } from '../ports/wishes.ts';

/** A wish and where it stands on its way. */
export class KeptWish implements Wish {
  readonly name: string;
  readonly value: JsonValue;
  readonly version: number;
  readonly time: number;
  /** Of the write that became it: which of two writes of this life is the newer. */
  readonly turn: number;
  /** It is on disk: nobody may deliver what a full disk could still refuse. */
  isStored = false;
  /** What it took the place of, until it is on disk itself. */
  replaced: KeptWish | undefined;
  /** To be delivered as soon as nothing stands in its way: the Thing has come back since it was last tried. */
  isDue = false;
  /** It was sent, and nothing is known of what became of it. */
  wasSent: boolean;
  /** Delivered, refused, withdrawn or overtaken: it is never sent again. */
  isOver = false;

  constructor(wish: Omit<Wish, 'tag'> & Pick<KeptWish, 'turn' | 'wasSent'>) {
    this.name = wish.name;
    this.value = wish.value;
    this.version = wish.version;
    this.time = wish.time;
    this.turn = wish.turn;
    this.wasSent = wish.wasSent;
  }

  /** It never came to be: the disk was full. */
  get hasFailed(): boolean {
    return this.isOver && !this.isStored;
  }

  /** The version orders; the time keeps apart two wishes that had the same version one after the other. */
  get tag(): string {
    return `${this.version}-${this.time.toString(36)}`;
  }
}
