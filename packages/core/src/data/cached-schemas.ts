import { Findings } from './check.ts';
import { checkDataSchema } from './check-schema.ts';
import { type Constraints, constraintsOf } from './constraints.ts';
import type { JsonObject } from './json.ts';
import type { SchemaCompiler, Validate } from './schema-compiler.ts';

/** Checks that are remembered; the one used least recently goes first. */
const maxChecks = 2_000;

/** A compiler that checks a schema and calls `make` once for each content, as long as it is remembered. */
export function cachedSchemas(make: (constraints: Constraints) => Validate): SchemaCompiler {
  const checks = new Map<string, Validate>();
  return {
    compile(schema) {
      const constraints = constraintsOf(schema);
      const key = JSON.stringify(constraints);
      const check = checks.get(key) ?? make(sound(constraints));
      checks.delete(key);
      checks.set(key, check);
      if (checks.size > maxChecks) {
        const [oldest = ''] = checks.keys();
        checks.delete(oldest);
      }
      return check;
    },
  };
}

function sound(constraints: Constraints): Constraints {
  const findings = new Findings();
  checkDataSchema(constraints as JsonObject, '', findings);
  findings.throwIfAny('td-invalid', 'the data schema');
  return constraints;
}
