import type { DataSchema } from '../data/data-schema.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { pointerTo } from '../data/json-pointer.ts';
import type { SchemaCompiler, Validate } from '../data/schema-compiler.ts';
import type { ThingShape } from '../ports/things.ts';
import { Problem, type ValidationError } from '../problem/problem.ts';
import type { ProblemName } from '../problem/problems.ts';
import { affordancesOf } from '../td/shape.ts';
import type { Affordances } from '../td/thing-description.ts';

/** The checks of one make of Thing: what may be written, passed in, given out and said. */
export interface AffordanceChecks {
  readonly properties: ReadonlyMap<string, Validate>;
  readonly inputs: ReadonlyMap<string, Validate>;
  readonly outputs: ReadonlyMap<string, Validate>;
  readonly events: ReadonlyMap<string, Validate>;
}

/** Compiles the checks of a make of Thing once, however many Things are of it. */
export class CheckCompiler {
  readonly #schemas: SchemaCompiler;
  readonly #byShape = new WeakMap<ThingShape, AffordanceChecks>();

  constructor(schemas: SchemaCompiler) {
    this.#schemas = schemas;
  }

  /** @throws {@link Problem} `td-invalid` when a schema makes no sense. */
  of(shape: ThingShape): AffordanceChecks {
    let checks = this.#byShape.get(shape);
    if (checks === undefined) {
      checks = this.#compile(affordancesOf(shape));
      this.#byShape.set(shape, checks);
    }
    return checks;
  }

  #compile({ properties = {}, actions = {}, events = {} }: Affordances): AffordanceChecks {
    return {
      properties: this.#each(properties, (property) => property),
      inputs: this.#each(actions, (action) => action.input),
      outputs: this.#each(actions, (action) => action.output),
      events: this.#each(events, (event) => event.data),
    };
  }

  #each<A>(
    affordances: Readonly<Record<string, A>>,
    schemaOf: (affordance: A) => DataSchema | undefined,
  ): ReadonlyMap<string, Validate> {
    const checks = new Map<string, Validate>();
    for (const [name, affordance] of Object.entries(affordances)) {
      const schema = schemaOf(affordance);
      checks.set(name, schema === undefined ? mustBeAbsent : this.#schemas.compile(schema));
    }
    return checks;
  }
}

/** Where no schema stands nothing may be passed; null is let through, as JSON has no other word for nothing. */
const mustBeAbsent: Validate = (value) =>
  value === undefined || value === null
    ? undefined
    : [{ field: '', description: 'must be left out: nothing is taken here' }];

/**
 * Refuses a value that does not fit.
 *
 * @throws {@link Problem} `data-schema-mismatch` that names `what` and lists each error below `path`: the members that lead to the value.
 */
export function checkValue(
  check: Validate | undefined,
  value: JsonValue | undefined,
  what: string,
  ...path: readonly string[]
): void {
  const errors = check?.(value);
  if (errors === undefined) return;
  throw mismatch(what, below(path.reduce(pointerTo, ''), errors));
}

/**
 * Finds out why properties may not be written; all are looked at, so that one answer names everything.
 *
 * @throws {@link Problem} `property-not-found`, `property-read-only` or `data-schema-mismatch`, with one error a property.
 */
export function checkWrites(shape: ThingShape, checks: AffordanceChecks, values: JsonObject): void {
  let name: ProblemName = 'data-schema-mismatch';
  const errors: ValidationError[] = [];
  for (const property of Object.keys(values)) {
    const affordance = shape.properties.get(property);
    if (affordance === undefined) {
      name = 'property-not-found';
      errors.push({
        field: pointerTo('', property),
        description: `there is no property '${property}'`,
      });
    } else if (affordance.readOnly) {
      if (name !== 'property-not-found') name = 'property-read-only';
      errors.push({ field: pointerTo('', property), description: `'${property}' is read-only` });
    } else {
      const wrong = checks.properties.get(property)?.(values[property]);
      if (wrong !== undefined) errors.push(...below(pointerTo('', property), wrong));
    }
  }
  if (errors.length > 0) throw describe(name, errors);
}

function below(pointer: string, errors: readonly ValidationError[]): readonly ValidationError[] {
  if (pointer === '') return errors;
  return errors.map(({ field, description }) => ({ field: pointer + field, description }));
}

function mismatch(what: string, errors: readonly ValidationError[]): Problem {
  const { field, description } = errors[0] as ValidationError;
  const where = field === '' ? what : `${what} at ${field}`;
  return new Problem('data-schema-mismatch', `${where}: ${description}`, {
    validationErrors: errors,
  });
}

function describe(name: ProblemName, validationErrors: readonly ValidationError[]): Problem {
  const detail = validationErrors.map(({ field, description }) => `${field}: ${description}`);
  return new Problem(name, detail.slice(0, 5).join('; '), { validationErrors });
}
