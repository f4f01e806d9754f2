import { idOfLevel, type ThingId, topicLevel } from '../td/thing-id.ts';

/** What a Thing says of itself: `things/<id>/<part>`. */
export type ThingTopic = 'td' | 'values' | 'event' | 'action' | 'status' | 'stored' | 'error';

/** What may be asked of a Thing: `things/<id>/<command>`, and `.../<requester>/<n>` when an answer is wanted. */
export type Command = 'set' | 'get' | 'request_action';

/** The commands there are. */
export const commands = ['set', 'get', 'request_action'] as const satisfies readonly Command[];

/** The topics of the bus, all below `things/` and, where set, a prefix. */
export class Topics {
  /** What all topics begin with: `things/`, or with a prefix `site-a/things/`. */
  readonly root: string;

  /** @param prefix stands before `things/`, without a closing slash: `site-a`; `/` gives `/things/...`. Default none. */
  constructor(prefix = '') {
    const stem = prefix.replace(/\/+$/, '');
    this.root = prefix === '' ? 'things/' : `${stem}/things/`;
  }

  /** The topic of one Thing's part. */
  of(id: ThingId, part: ThingTopic | Command): string {
    return this.at(topicLevel(id), part);
  }

  /** The topic of one part of the Thing that speaks from `level`; a bare device's level is not made from its id. */
  at(level: string, part: ThingTopic | Command): string {
    return `${this.root}${level}/${part}`;
  }

  /** The filter of one part of every Thing. */
  every(part: ThingTopic | Command): string {
    return `${this.root}+/${part}`;
  }

  /** The filter of a command with and without the address where an answer is wanted: `<requester>/<n>`. */
  commands(id: ThingId, command: Command): string {
    return `${this.of(id, command)}/#`;
  }

  /** The filter of all answers to one requester. */
  replies(requester: string): string {
    return `${this.root}+/reply/${requester}/+`;
  }

  /** The topic level of the Thing that a topic belongs to, without a look at what it stands for. */
  levelOf(topic: string): string | undefined {
    const { root } = this;
    const end = topic.indexOf('/', root.length);
    return end > 0 && topic.startsWith(root) ? topic.slice(root.length, end) : undefined;
  }

  /**
   * Takes a topic apart.
   *
   * @returns `undefined` when the topic is none of ours.
   */
  parse(topic: string): ParsedTopic | undefined {
    if (!topic.startsWith(this.root)) return undefined;
    const [level = '', part = '', ...rest] = topic.slice(this.root.length).split('/');
    const id = idOfLevel(level);
    return id && { id, level, part, rest };
  }
}

/** A topic of ours, taken apart. */
export interface ParsedTopic {
  readonly id: ThingId;
  readonly level: string;
  /** What stands after the id: `values`, `set`, `properties`. */
  readonly part: string;
  /** The levels after that: the reply address of a request, or a northbound name. */
  readonly rest: readonly string[];
}
