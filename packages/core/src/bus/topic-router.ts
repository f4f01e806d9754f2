/** One value as it is, several in an array: most filters have one subscriber, and an array costs more than the value. */
type Some<T> = T | T[];

/** A level of the tree of filters that hold a `+`. */
interface Branch<T> {
  readonly named: Map<string, Branch<T>>;
  any: Branch<T> | undefined;
  /** Whose filter ends here. */
  here: Some<T> | undefined;
  /** Whose filter ends in `#` here. */
  below: Some<T> | undefined;
}

const newBranch = <T>(): Branch<T> => ({
  named: new Map(),
  any: undefined,
  here: undefined,
  below: undefined,
});

/**
 * Finds who wants a topic without looking at who does not.
 *
 * Exact filters are one look-up; filters whose only wildcard is a closing `#` are one look-up for each level at which
 * any such filter ends; those with `+` stand in a tree. It takes filters as they are: check them first.
 */
export class TopicRouter<T extends object> {
  readonly #exact = new Map<string, Some<T>>();
  /** By what stands before `/#`. */
  readonly #stems = new Map<string, Some<T>>();
  /** How many stems have how many levels: most levels of a topic need no look-up. */
  readonly #stemsOfDepth: number[] = [];
  readonly #tree: Branch<T> = newBranch();
  #treeSize = 0;

  /** Lets `value` be found for every topic that fits `filter`. */
  add(filter: string, value: T): void {
    const stem = stemOf(filter);
    if (filter.includes('+') || filter === '#') this.#grow(filter.split('/'), value);
    else if (stem === undefined) addTo(this.#exact, filter, value);
    else if (addTo(this.#stems, stem, value)) this.#countStem(stem, 1);
  }

  /** Takes back one {@link add}; harmless when there was none. */
  remove(filter: string, value: T): void {
    const stem = stemOf(filter);
    if (filter.includes('+') || filter === '#') {
      if (this.#prune(this.#tree, filter.split('/'), 0, value)) this.#treeSize--;
    } else if (stem === undefined) removeFrom(this.#exact, filter, value);
    else if (removeFrom(this.#stems, stem, value)) this.#countStem(stem, -1);
  }

  /** Adds to `found` every value whose filter fits `topic`, once for each such filter. */
  match(topic: string, found: T[]): void {
    const exact = this.#exact.get(topic);
    if (exact !== undefined) take(exact, found);
    if (this.#stems.size > 0) this.#matchStems(topic, found);
    if (this.#treeSize > 0) collect(this.#tree, topic, 0, found);
  }

  #matchStems(topic: string, found: T[]): void {
    let depth = 1;
    for (let end = topic.indexOf('/'); end >= 0; end = topic.indexOf('/', end + 1)) {
      if (this.#stemsOfDepth[depth]) this.#takeStem(topic.slice(0, end), found);
      depth++;
    }
    if (this.#stemsOfDepth[depth]) this.#takeStem(topic, found);
  }

  #takeStem(stem: string, found: T[]): void {
    const values = this.#stems.get(stem);
    if (values !== undefined) take(values, found);
  }

  #countStem(stem: string, by: 1 | -1): void {
    const depth = stem.split('/').length;
    this.#stemsOfDepth[depth] = (this.#stemsOfDepth[depth] ?? 0) + by;
  }

  #grow(levels: readonly string[], value: T): void {
    let branch = this.#tree;
    for (const level of levels) {
      if (level === '#') break;
      branch = childOf(branch, level) ?? addChild(branch, level);
    }
    if (levels.at(-1) === '#') branch.below = joined(branch.below, value);
    else branch.here = joined(branch.here, value);
    this.#treeSize++;
  }

  /** Takes `value` out, and every branch that then leads nowhere. */
  #prune(branch: Branch<T>, levels: readonly string[], at: number, value: T): boolean {
    const level = levels[at];
    const place = level === undefined ? 'here' : level === '#' ? 'below' : undefined;
    if (place !== undefined) {
      const before = branch[place];
      if (before === undefined || !holds(before, value)) return false;
      branch[place] = without(before, value);
      return true;
    }
    const child = childOf(branch, level as string);
    if (child === undefined || !this.#prune(child, levels, at + 1, value)) return false;
    if (leadsNowhere(child)) {
      if (level === '+') branch.any = undefined;
      else branch.named.delete(level as string);
    }
    return true;
  }
}

/** What stands before a closing `/#`; `undefined` when the filter has none. */
function stemOf(filter: string): string | undefined {
  return filter.endsWith('/#') ? filter.slice(0, -2) : undefined;
}

// `start` is where the next level begins; one past the end means that none is left.
function collect<T>(branch: Branch<T>, topic: string, start: number, found: T[]): void {
  // Topics that begin with `$` are the broker's own: a wildcard at the first level does not reach them (MQTT 4.7.2).
  const reserved = start === 0 && topic.startsWith('$');
  if (branch.below !== undefined && !reserved) take(branch.below, found);
  if (start > topic.length) {
    if (branch.here !== undefined) take(branch.here, found);
    return;
  }
  const next = topic.indexOf('/', start);
  const end = next < 0 ? topic.length : next;
  if (branch.any !== undefined && !reserved) collect(branch.any, topic, end + 1, found);
  if (branch.named.size === 0) return;
  const named = branch.named.get(topic.slice(start, end));
  if (named !== undefined) collect(named, topic, end + 1, found);
}

function childOf<T>(branch: Branch<T>, level: string): Branch<T> | undefined {
  return level === '+' ? branch.any : branch.named.get(level);
}

function addChild<T>(branch: Branch<T>, level: string): Branch<T> {
  const child = newBranch<T>();
  if (level === '+') branch.any = child;
  else branch.named.set(level, child);
  return child;
}

function leadsNowhere<T>(branch: Branch<T>): boolean {
  return (
    branch.here === undefined &&
    branch.below === undefined &&
    branch.any === undefined &&
    branch.named.size === 0
  );
}

/** @returns whether `key` is new. */
function addTo<T extends object>(map: Map<string, Some<T>>, key: string, value: T): boolean {
  const before = map.get(key);
  map.set(key, joined(before, value));
  return before === undefined;
}

/** @returns whether `key` is gone. */
function removeFrom<T extends object>(map: Map<string, Some<T>>, key: string, value: T): boolean {
  const before = map.get(key);
  if (before === undefined) return false;
  const after = without(before, value);
  if (after === undefined) return map.delete(key);
  map.set(key, after);
  return false;
}

function take<T>(some: Some<T>, found: T[]): void {
  if (!Array.isArray(some)) found.push(some);
  else for (const value of some) found.push(value);
}

function holds<T>(some: Some<T>, value: T): boolean {
  return Array.isArray(some) ? some.includes(value) : some === value;
}

function joined<T>(some: Some<T> | undefined, value: T): Some<T> {
  if (some === undefined) return value;
  if (!Array.isArray(some)) return [some, value];
  some.push(value);
  return some;
}

function without<T>(some: Some<T>, value: T): Some<T> | undefined {
  if (!Array.isArray(some)) return some === value ? undefined : some;
  const at = some.indexOf(value);
  if (at >= 0) some.splice(at, 1);
  return some.length === 1 ? some[0] : some;
}
