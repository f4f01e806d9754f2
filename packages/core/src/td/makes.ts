import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { parseThingDescription } from './parse.ts';
import type { ShapeCache, SplitThing, ThingShape } from './shape.ts';
import type { ThingId } from './thing-id.ts';

/** Makes that are remembered; the one seen least recently goes first. */
const maxMakes = 200;

/** What all Things of a make have in common. */
interface Make {
  /** The members other than affordances, forms, base and security; id and title are those of the first. */
  readonly head: JsonObject;
  /** It must not outlive its Things. */
  readonly shape: WeakRef<ThingShape>;
}

/**
 * Reads announced Thing Descriptions and takes them apart; those that differ in id and title alone are checked once.
 *
 * Ten thousand lamps of a make come at once when a gateway starts, and checking is what costs.
 */
export class MakeCache {
  readonly #shapes: ShapeCache;
  readonly #makes = new Map<string, Make>();

  constructor(shapes: ShapeCache) {
    this.#shapes = shapes;
  }

  /**
   * What {@link parseThingDescription} makes of a document that was announced under `id`, taken apart.
   *
   * @throws {@link Problem} `td-invalid` as that does.
   */
  read(document: JsonValue, id: ThingId): SplitThing {
    if (!isNamed(document, id)) return this.#parse(document, id);
    const key = JSON.stringify({ ...document, id: 0, title: 0 });
    const make = this.#makes.get(key);
    const shape = make?.shape.deref();
    if (make === undefined || shape === undefined) return this.#readFirst(document, id, key);
    this.#remember(key, make);
    return { head: JSON.stringify({ ...make.head, id, title: document.title }), shape };
  }

  #readFirst(document: JsonObject, id: ThingId, key: string): SplitThing {
    const split = this.#parse(document, id);
    const head = JSON.parse(split.head) as JsonObject;
    this.#remember(key, { head, shape: new WeakRef(split.shape) });
    return split;
  }

  #parse(document: JsonValue, id: ThingId): SplitThing {
    return this.#shapes.split(parseThingDescription(document, { id }));
  }

  #remember(key: string, make: Make): void {
    this.#makes.delete(key);
    this.#makes.set(key, make);
    if (this.#makes.size <= maxMakes) return;
    const [oldest = ''] = this.#makes.keys();
    this.#makes.delete(oldest);
  }
}

/** Whether a document says the id it must, and a title: then these two are right whatever else it holds. */
function isNamed(document: JsonValue, id: ThingId): document is JsonObject {
  if (!isJsonObject(document) || document.id !== id) return false;
  return typeof document.title === 'string' && document.title !== '';
}
