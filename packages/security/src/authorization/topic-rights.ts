import { type Access, idOfLevel, type Right, type ThingId, type Topics } from '@thingtalk/core';

/** Who speaks and listens on the bus. */
export interface TopicClient {
  readonly access: Access;
  /** Its MQTT client id, by which it names itself where it wants answers. */
  readonly clientId: string;
}

/** Stands in a filter for any level. */
const any = '+';

/** What a topic, or a filter, is about: parts that a wildcard stands for are `undefined`. */
interface Subject {
  /** Default: every Thing. */
  readonly thing: ThingId | undefined;
  /** Default: all of the Thing. */
  readonly affordance?: string | undefined;
}

/** The right to hear each thing that a Thing says of all of itself. */
const said: Readonly<Record<string, Right>> = {
  td: 'read',
  status: 'read',
  error: 'read',
  // A subscription is an observation; it begins with the present value, which is retained.
  values: 'observe',
  event: 'subscribe',
  action: 'invoke',
};

/** The right to each command to all of a Thing. */
const commanded: Readonly<Record<string, Right>> = {
  set: 'write',
  get: 'read',
  request_action: 'invoke',
};

/** Stands where nothing follows the name of an affordance; no level can be called so. */
const itself = '/';

/** What of one affordance can be heard: what stands after its name, and the right. */
const heard: Readonly<Record<string, Readonly<Record<string, Right>>>> = {
  properties: { [itself]: 'observe' },
  actions: { status: 'invoke' },
  events: { [itself]: 'subscribe' },
};

/** What can be asked of one affordance. */
const asked: Readonly<Record<string, Readonly<Record<string, Right>>>> = {
  properties: { set: 'write' },
  actions: { [itself]: 'invoke' },
};

/** What only the Thing itself says; where answers go is a case of its own. */
const ownWords: ReadonlySet<string> = new Set(Object.keys(said));

/** How a requester's name ends, behind the client id: with what nobody guesses. */
const randomEnd = /^-[\da-f]{16}$/;

/**
 * What one client may do on the bus, by the rights of its {@link Access}, asked at each packet.
 *
 * - Topics of a whole Thing need the right on the whole Thing, those of one affordance the right on that.
 * - A device says what its own Things are and do, answers for them, and hears what is asked of them. Nobody else does.
 * - Answers are heard by whom they are for.
 * - A filter is allowed only if all that it can ever match is: it is refused whole, and never thinned out.
 * - What is none of our topics is refused, and everything that begins with `$`.
 */
export class TopicRights {
  readonly #topics: Topics;
  readonly #access: Access;
  readonly #clientId: string;
  /** Its client id as `Requester` makes a topic level of it. */
  readonly #requester: string;

  /** @param topics those of the bus, with its prefix. */
  constructor(topics: Topics, { access, clientId }: TopicClient) {
    this.#topics = topics;
    this.#access = access;
    this.#clientId = clientId;
    this.#requester = clientId.replace(/[^\w.:-]/g, '_');
  }

  /** Whether it may publish to a topic; as its will, too. */
  mayPublish(topic: string): boolean {
    if (this.#access.isUnlimited) return true;
    const [level, part = '', ...rest] = this.#levelsOf(topic);
    if (topic.includes(any) || topic.includes('#')) return false;
    const thing = thingOf(level);
    if (thing === undefined) return false;
    if (isIn(commanded, part)) return this.#mayCommand(thing, part, rest);
    if (ownWords.has(part)) return rest.length === 0 && this.#access.owns(thing);
    if (part === 'reply') return rest.length === 2 && this.#access.owns(thing);
    return this.#mayUse(asked, part, rest, { thing });
  }

  /** Whether it may hear everything that a filter can match. */
  maySubscribe(filter: string): boolean {
    return this.#mayHear(filter);
  }

  /** Whether a message may be delivered to it now: one that was just published, that waited for it, or that is retained. */
  mayReceive(topic: string): boolean {
    return this.#mayHear(topic);
  }

  /** A topic is a filter that matches nothing but itself. */
  #mayHear(filter: string): boolean {
    if (this.#access.isUnlimited) return true;
    const [level, part = '', ...rest] = this.#levelsOf(filter);
    const isEveryThing = level === any;
    const thing = isEveryThing ? undefined : thingOf(level);
    if (thing === undefined && !isEveryThing) return false;
    if (part === 'reply') return rest.length === 2 && this.#isRequester(rest[0]) && rest[1] !== '#';
    if (isIn(commanded, part)) return thing !== undefined && this.#access.owns(thing);
    if (part === 'stored')
      return rest.length === 0 && thing !== undefined && this.#access.owns(thing);
    const right = isIn(said, part) ? said[part] : undefined;
    if (right !== undefined) return rest.length === 0 && this.#may(right, { thing });
    return this.#mayUse(heard, part, rest, { thing });
  }

  /** Who wants an answer names itself, not another: answers that nobody asked for mislead. */
  #mayCommand(thing: ThingId, command: string, rest: readonly string[]): boolean {
    const right = commanded[command];
    const isAddressed = rest.length === 0 || (rest.length === 2 && this.#isRequester(rest[0]));
    return isAddressed && right !== undefined && this.#access.may(right, thing);
  }

  #mayUse(
    uses: Readonly<Record<string, Readonly<Record<string, Right>>>>,
    part: string,
    [name, use, ...more]: readonly string[],
    { thing }: Subject,
  ): boolean {
    const rights = isIn(uses, part) ? uses[part] : undefined;
    const right = isIn(rights, use ?? itself) ? rights?.[use ?? itself] : undefined;
    if (right === undefined || name === undefined || more.length > 0) return false;
    if (name === any) return this.#may(right, { thing });
    const affordance = decoded(name);
    return affordance !== undefined && this.#may(right, { thing, affordance });
  }

  #may(right: Right, { thing, affordance }: Subject): boolean {
    if (thing === undefined) return this.#access.mayEverywhere(right);
    return this.#access.may(right, thing, affordance);
  }

  #isRequester(name: string | undefined): boolean {
    if (name === undefined || name === '' || name === any || name === '#') return false;
    if (name === this.#clientId) return true;
    return name.startsWith(this.#requester) && randomEnd.test(name.slice(this.#requester.length));
  }

  /** The levels below the root; none of a topic that is not ours, as those that begin with `$`. */
  #levelsOf(topic: string): readonly string[] {
    const { root } = this.#topics;
    return topic.startsWith(root) ? topic.slice(root.length).split('/') : [];
  }
}

function thingOf(level: string | undefined): ThingId | undefined {
  // Wildcards are percent-encoded where they are part of an id.
  return level === undefined || /[+#]/.test(level) ? undefined : idOfLevel(level);
}

function decoded(level: string): string | undefined {
  if (/[+#]/.test(level)) return undefined;
  try {
    return decodeURIComponent(level);
  } catch {
    return undefined;
  }
}

function isIn(row: object | undefined, name: string): boolean {
  return row !== undefined && Object.hasOwn(row, name);
}
