import {
  type Access,
  affordancesOf,
  type JsonObject,
  type Liveness,
  type PropertyState,
  type ThingDescription,
  type ThingId,
  type ThingRecord,
  type ThingShape,
} from '@thingtalk/core';
import type { PermittedShapes } from './permitted-shape.ts';

/** A Thing as one reader may see it. */
export class PermittedRecord implements ThingRecord {
  readonly #record: ThingRecord;
  readonly #access: Access;
  readonly #shapes: PermittedShapes;
  #shape: ThingShape | undefined;
  /** What {@link #shape} was made of. */
  #whole: ThingShape | undefined;
  #revision = -1;

  constructor(record: ThingRecord, access: Access, shapes: PermittedShapes) {
    this.#record = record;
    this.#access = access;
    this.#shapes = shapes;
  }

  get id(): ThingId {
    return this.#record.id;
  }

  get level(): string {
    return this.#record.level;
  }

  get head(): string {
    return this.#record.head;
  }

  get td(): ThingDescription {
    const head = JSON.parse(this.head) as JsonObject;
    return { ...head, ...affordancesOf(this.shape) } as unknown as ThingDescription;
  }

  get tdVersion(): number {
    return this.#record.tdVersion;
  }

  get liveness(): Liveness {
    return this.#record.liveness;
  }

  get answers(): boolean {
    return this.#record.answers;
  }

  get shape(): ThingShape {
    const { shape } = this.#record;
    const { revision } = this.#access;
    if (this.#shape === undefined || this.#whole !== shape || this.#revision !== revision) {
      this.#shape = this.#shapes.of(shape, this.id, this.#access);
      this.#whole = shape;
      this.#revision = revision;
    }
    return this.#shape;
  }

  property(name: string): PropertyState | undefined {
    return this.#access.may('read', this.id, name) ? this.#record.property(name) : undefined;
  }
}
