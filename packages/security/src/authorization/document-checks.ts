import { type Check, claim, isJsonObject, type JsonValue, pointerTo } from '@thingtalk/core';

/** An object with these members and no others: a misspelt condition must not be taken for none. */
export function exactly(
  members: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): Check {
  return (value, at, findings) => {
    if (!isJsonObject(value)) findings.add(at, 'it is not an object');
    const document = isJsonObject(value) ? value : {};
    for (const name of required) {
      if (!Object.hasOwn(document, name)) findings.add(pointerTo(at, name), `'${name}' is missing`);
    }
    for (const [name, member] of Object.entries(document)) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined;
      if (check === undefined) {
        const known = Object.keys(members).join(', ');
        findings.add(pointerTo(at, name), `it is not known here; known are ${known}`);
      } else check(member, pointerTo(at, name), findings);
    }
  };
}

/** A text of 1 to `longest` characters that can be stored. */
export function textUpTo(longest: number): Check {
  return claim(
    `a text of 1 to ${longest} characters`,
    (value) =>
      typeof value === 'string' &&
      value !== '' &&
      value.length <= longest &&
      value.isWellFormed() &&
      !value.includes('\0'),
  );
}

/** An array of at most `most` items. */
export function atMost(most: number): Check {
  return (value: JsonValue, at, findings) => {
    if (Array.isArray(value) && value.length > most)
      findings.add(at, `${value.length} are more than ${most}`);
  };
}

/** Both checks. */
export function both(first: Check, second: Check): Check {
  return (value, at, findings) => {
    first(value, at, findings);
    second(value, at, findings);
  };
}
