import type { Payload } from '../data/payload.ts';

/** A level of the tree of kept topics. */
interface Branch {
  /** The kept topic that ends here. */
  topic: string | undefined;
  children: Map<string, Branch> | undefined;
}

/** The messages that a broker keeps for those who subscribe later: the last one of each topic. */
export class RetainedStore {
  readonly #payloads = new Map<string, Payload>();
  // Touched only when a topic comes or goes, so that a new value of a kept topic costs one look-up.
  readonly #tree: Branch = { topic: undefined, children: undefined };

  /** How many topics have a message. */
  get size(): number {
    return this.#payloads.size;
  }

  /** What is kept for `topic`. */
  get(topic: string): Payload | undefined {
    return this.#payloads.get(topic);
  }

  /** Keeps `payload` in place of what was there; an empty one clears the topic. */
  set(topic: string, payload: Payload): void {
    if (payload.isEmpty) {
      if (this.#payloads.delete(topic)) remove(this.#tree, topic.split('/'), 0);
      return;
    }
    const known = this.#payloads.size;
    this.#payloads.set(topic, payload);
    if (this.#payloads.size > known) this.#index(topic);
  }

  /** Topics that fit `filter` and have a message. */
  topics(filter: string): string[] {
    if (!filter.includes('+') && !filter.endsWith('#'))
      return this.#payloads.has(filter) ? [filter] : [];
    const found: string[] = [];
    find(this.#tree, filter.split('/'), 0, found);
    return found;
  }

  #index(topic: string): void {
    let branch = this.#tree;
    for (const level of topic.split('/')) {
      branch.children ??= new Map();
      let child = branch.children.get(level);
      if (child === undefined) {
        child = { topic: undefined, children: undefined };
        branch.children.set(level, child);
      }
      branch = child;
    }
    branch.topic = topic;
  }
}

function find(branch: Branch, levels: readonly string[], at: number, found: string[]): void {
  const level = levels[at];
  if (level === undefined) {
    if (branch.topic !== undefined) found.push(branch.topic);
  } else if (level === '#' || level === '+') {
    if (level === '#' && branch.topic !== undefined) found.push(branch.topic);
    for (const [name, child] of branch.children ?? []) {
      // Topics that begin with `$` are the broker's own: a wildcard at the first level does not reach them.
      if (at === 0 && name.startsWith('$')) continue;
      if (level === '#') findAll(child, found);
      else find(child, levels, at + 1, found);
    }
  } else {
    const child = branch.children?.get(level);
    if (child !== undefined) find(child, levels, at + 1, found);
  }
}

function findAll(branch: Branch, found: string[]): void {
  if (branch.topic !== undefined) found.push(branch.topic);
  if (branch.children === undefined) return;
  for (const child of branch.children.values()) findAll(child, found);
}

/** Takes the topic out, and every branch that then leads nowhere. */
function remove(branch: Branch, levels: readonly string[], at: number): void {
  const level = levels[at];
  if (level === undefined) {
    branch.topic = undefined;
    return;
  }
  const child = branch.children?.get(level);
  if (child === undefined) return;
  remove(child, levels, at + 1);
  if (child.topic === undefined && child.children === undefined) branch.children?.delete(level);
  if (branch.children?.size === 0) branch.children = undefined;
}
