import { Topics } from '@thingtalk/core';

/** A kind of affordance that has topics of its own. */
export type NorthboundKind = 'properties' | 'actions' | 'events';

/** A topic of the northbound door, taken apart. */
export interface NorthboundTopic {
  /** The Thing's topic level. */
  readonly level: string;
  readonly name: string;
}

/** The topics by which WoT clients use one affordance each, beside the bus's own topics of the whole Thing. */
export class NorthboundTopics {
  readonly #bus: Topics;

  /** @param bus the topics of the bus; default those without a prefix. */
  constructor(bus: Topics = new Topics()) {
    this.#bus = bus;
  }

  /** `things/<id>/properties/<name>`: a property's value, an action's invocation, an event. */
  of(level: string, kind: NorthboundKind, name: string): string {
    return `${this.#bus.root}${level}/${kind}/${encodeLevel(name)}`;
  }

  /** `things/<id>/properties/<name>/set`: takes a new value. */
  set(level: string, name: string): string {
    return `${this.of(level, 'properties', name)}/set`;
  }

  /** `things/<id>/actions/<name>/status`: says where a run stands. */
  status(level: string, name: string): string {
    return `${this.of(level, 'actions', name)}/status`;
  }

  /** The filter of every property's value. */
  get values(): string {
    return `${this.#bus.root}+/properties/+`;
  }

  /** The filter of all writes. */
  get writes(): string {
    return `${this.#bus.root}+/properties/+/set`;
  }

  /** The filter of all invocations. */
  get invocations(): string {
    return `${this.#bus.root}+/actions/+`;
  }

  /** Which Thing and affordance a topic is about; `undefined` when its name is badly encoded. */
  parse(topic: string): NorthboundTopic | undefined {
    const [level = '', , name = ''] = topic.slice(this.#bus.root.length).split('/');
    try {
      return { level, name: decodeURIComponent(name) };
    } catch {
      return undefined;
    }
  }
}

/** A name as one level of a topic: `% / + # NUL` and a leading `$` percent-encoded, as in the ids of Things. */
export function encodeLevel(name: string): string {
  return name.replace(/[%/+#\0]|^\$/g, encode);
}

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
