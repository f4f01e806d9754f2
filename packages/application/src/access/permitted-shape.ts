import {
  type Access,
  type ActionShape,
  type Affordances,
  affordancesOf,
  type EventShape,
  type Form,
  type Operation,
  openAccess,
  type PropertyAffordance,
  type PropertyShape,
  type ThingId,
  type ThingShape,
} from '@thingtalk/core';

const readBit = 1;
const writeBit = 2;
const observeBit = 4;

type Bits = number;

/** Which bit an operation on properties needs. */
const propertyBits: Partial<Record<Operation, Bits>> = {
  readproperty: readBit,
  readallproperties: readBit,
  readmultipleproperties: readBit,
  writeproperty: writeBit,
  writeallproperties: writeBit,
  writemultipleproperties: writeBit,
  observeproperty: observeBit,
  unobserveproperty: observeBit,
  observeallproperties: observeBit,
  unobserveallproperties: observeBit,
};

/**
 * What somebody may do with each affordance of a Thing, a digit each: properties first, then actions, then events, in the order
 * of the shape. Who may do the same gets the same signature.
 */
export function signatureOf(shape: ThingShape, thing: ThingId, access: Access): string {
  let signature = '';
  for (const property of shape.properties.values()) {
    signature += bitsOf(property, access, thing);
  }
  for (const name of shape.actions.keys()) signature += access.may('invoke', thing, name) ? 1 : 0;
  for (const name of shape.events.keys()) signature += access.may('subscribe', thing, name) ? 1 : 0;
  return signature;
}

function bitsOf({ name, readOnly, writeOnly }: PropertyShape, access: Access, thing: ThingId) {
  return (
    (!writeOnly && access.may('read', thing, name) ? readBit : 0) |
    (!readOnly && access.may('write', thing, name) ? writeBit : 0) |
    (!writeOnly && access.may('observe', thing, name) ? observeBit : 0)
  );
}

/** A shape with those affordances alone that its readers may use, and no more of them than they may use. */
export class PermittedShape implements ThingShape {
  readonly affordances: string;
  readonly properties: ReadonlyMap<string, PropertyShape>;
  readonly actions: ReadonlyMap<string, ActionShape>;
  readonly events: ReadonlyMap<string, EventShape>;
  readonly #bits: ReadonlyMap<string, Bits>;
  readonly #anyBits: Bits;

  /** @param signature of {@link signatureOf} */
  constructor(shape: ThingShape, signature: string) {
    let at = 0;
    const permitted = <S>(shapes: ReadonlyMap<string, S>) =>
      [...shapes].flatMap(([name, one]): (readonly [string, S, Bits])[] => {
        const bits = Number(signature[at++]);
        return bits === 0 ? [] : [[name, one, bits]];
      });
    const properties = permitted(shape.properties);
    this.#bits = new Map(properties.map(([name, , bits]) => [name, bits]));
    this.#anyBits = properties.reduce((any, [, , bits]) => any | bits, 0);
    this.properties = new Map(
      properties.map(([name, one, bits]) => [name, { ...one, ...accessModes(bits) }]),
    );
    this.actions = new Map(permitted(shape.actions).map(([name, one]) => [name, one]));
    this.events = new Map(permitted(shape.events).map(([name, one]) => [name, one]));
    this.affordances = JSON.stringify(this.restrict(affordancesOf(shape)));
  }

  /** Whether an operation may be done: with the property that is named, or with any. Actions and events here all may be used. */
  allows(op: Operation, property?: string): boolean {
    const needed = propertyBits[op];
    if (needed === undefined) return true;
    const given = property === undefined ? this.#anyBits : (this.#bits.get(property) ?? 0);
    return (given & needed) !== 0;
  }

  /** Forms by which something may be done, and what may be: with the property that is named, or with any. */
  usable(forms: readonly Form[], property?: string): readonly Form[] {
    return forms.flatMap((form) => {
      const ops = [form.op ?? []].flat().filter((op) => this.allows(op, property));
      if (ops.length === 0) return [];
      return [{ ...form, op: typeof form.op === 'string' ? form.op : ops }];
    });
  }

  /** What of some affordances is left, and with which access. */
  restrict({ properties, actions, events }: Affordances): Affordances {
    return {
      ...(properties && { properties: this.#restrictProperties(properties) }),
      ...(actions && { actions: known(actions, this.actions) }),
      ...(events && { events: known(events, this.events) }),
    };
  }

  #restrictProperties(properties: Readonly<Record<string, PropertyAffordance>>) {
    const left = Object.entries(known(properties, this.properties));
    return Object.fromEntries(
      left.map(([name, one]) => {
        const { readOnly, writeOnly } = accessModes(this.#bits.get(name) ?? 0);
        const modes = { ...(readOnly && { readOnly }), ...(writeOnly && { writeOnly }) };
        const observable = this.allows('observeproperty', name);
        const forms = one.forms && { forms: this.usable(one.forms, name) };
        return [name, { ...one, ...modes, ...(one.observable && { observable }), ...forms }];
      }),
    );
  }
}

/** What may be observed is not said to be write-only, though nobody may ask for it. */
function accessModes(bits: Bits): { readonly readOnly: boolean; readonly writeOnly: boolean } {
  return { readOnly: (bits & writeBit) === 0, writeOnly: bits === writeBit };
}

function known<A>(
  affordances: Readonly<Record<string, A>>,
  shapes: ReadonlyMap<string, unknown>,
): Readonly<Record<string, A>> {
  return Object.fromEntries(Object.entries(affordances).filter(([name]) => shapes.has(name)));
}

/** The one permitted shape of each shape and signature, so that whatever is kept by a shape is kept for all who may do the same. */
export class PermittedShapes {
  readonly #shapes = new WeakMap<ThingShape, Map<string, ThingShape>>();

  /** @returns the shape itself for whom nothing is left out of it. */
  of(shape: ThingShape, thing: ThingId, access: Access): ThingShape {
    let bySignature = this.#shapes.get(shape);
    if (bySignature === undefined) {
      bySignature = new Map([[signatureOf(shape, thing, openAccess), shape]]);
      this.#shapes.set(shape, bySignature);
    }
    const signature = signatureOf(shape, thing, access);
    const kept = bySignature.get(signature);
    if (kept !== undefined) return kept;
    const permitted = new PermittedShape(shape, signature);
    bySignature.set(signature, permitted);
    return permitted;
  }
}
