import { parseJson, tdLimits } from '../data/parse-json.ts';
import { MakeText } from './make-text.ts';
import { parseThingDescription } from './parse.ts';
import type { ShapeCache, SplitThing, ThingShape } from './shape.ts';
import type { ThingId } from './thing-id.ts';

/** Makes that are remembered; the one seen least recently goes first. */
const maxMakes = 50;

/** What all Things of a make have in common. */
interface Make {
  /** What they announce. */
  readonly announced: MakeText;
  /** What is kept of it: the members other than affordances, forms, base and security. */
  readonly head: MakeText;
  /** It must not outlive its Things. */
  readonly shape: WeakRef<ThingShape>;
}

/**
 * Reads announced Thing Descriptions and takes them apart; of those that differ in id and title alone the first is parsed and
 * checked, and the others are only compared with it.
 *
 * Ten thousand lamps of a make come at once when a gateway starts, and parsing and checking is what costs.
 */
export class MakeCache {
  readonly #shapes: ShapeCache;
  /** The one seen last comes first. */
  readonly #makes: Make[] = [];

  constructor(shapes: ShapeCache) {
    this.#shapes = shapes;
  }

  /**
   * What {@link parseThingDescription} makes of a JSON text that was announced under `id`, taken apart.
   *
   * @throws {@link Problem} `payload-invalid` as {@link parseJson} does, and `td-invalid` as that does.
   */
  read(text: string, id: ThingId): SplitThing {
    for (const [place, make] of this.#makes.entries()) {
      const title = make.announced.titleIn(text, id);
      if (title === undefined || title === '') continue;
      const shape = make.shape.deref();
      this.#makes.splice(place, 1);
      if (shape === undefined) break;
      this.#makes.unshift(make);
      return { head: make.head.with(id, title), shape };
    }
    return this.#readFirst(text, id);
  }

  #readFirst(text: string, id: ThingId): SplitThing {
    const split = this.#shapes.split(parseThingDescription(parseJson(text, tdLimits), { id }));
    const [announced, head] = [MakeText.of(text), MakeText.of(split.head)];
    if (announced !== undefined && head !== undefined) {
      this.#makes.unshift({ announced, head, shape: new WeakRef(split.shape) });
      this.#makes.length = Math.min(this.#makes.length, maxMakes);
    }
    return split;
  }
}
