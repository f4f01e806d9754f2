import type { Access, RouteRequest, ThingDirectory, Things } from '@thingtalk/core';
import { PermittedDirectory } from './permitted-directory.ts';
import { PermittedShapes } from './permitted-shape.ts';
import { PermittedThings } from './permitted-things.ts';

/** Whoever asks: a request, or anything else that holds an access. */
export type Reader = Pick<RouteRequest, 'access'>;

/**
 * The Things as each visitor may see and use them; the Things themselves for whom nothing is refused.
 *
 * Each door has one, and asks it at each request.
 */
export class ThingViews {
  readonly #things: Things;
  readonly #shapes: PermittedShapes;
  readonly #views = new WeakMap<Access, Things>();

  constructor(things: Things, shapes = new PermittedShapes()) {
    this.#things = things;
    this.#shapes = shapes;
  }

  /** The Things of whoever asks: a request, or anything else that holds an access. */
  for({ access }: Reader): Things {
    if (access.isUnlimited) return this.#things;
    const known = this.#views.get(access);
    if (known !== undefined) return known;
    const view = new PermittedThings(this.#things, access, this.#shapes);
    this.#views.set(access, view);
    return view;
  }
}

/** The directory as each reader may see it; the directory itself for whom nothing is refused. */
export class DirectoryViews {
  readonly #directory: ThingDirectory;
  readonly #shapes: PermittedShapes;
  readonly #views = new WeakMap<Access, PermittedDirectory>();

  constructor(directory: ThingDirectory, shapes = new PermittedShapes()) {
    this.#directory = directory;
    this.#shapes = shapes;
  }

  /** The directory of whoever asks. */
  for({ access }: Reader): ThingDirectory {
    return this.limited(access) ?? this.#directory;
  }

  /** The directory of somebody who may not see all; `undefined` for whom nothing is refused. */
  limited(access: Access): PermittedDirectory | undefined {
    if (access.isUnlimited) return undefined;
    const known = this.#views.get(access);
    if (known !== undefined) return known;
    const view = new PermittedDirectory(this.#directory, access, this.#shapes);
    this.#views.set(access, view);
    return view;
  }
}
