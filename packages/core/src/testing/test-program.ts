/**
 * Where a program is that some suites need; vitest.config.ts sets the variables from scripts/services.mjs.
 *
 * @param variable as `THINGTALK_TEST_MOSQUITTO`.
 * @returns `undefined` when the machine does not have it: the suite stays out, with `describe.skipIf`.
 * @throws `Error` when it is missing though `CI=true`, where no suite may stay out.
 */
export function testProgram(variable: string): string | undefined {
  const path = process.env[variable];
  if (path === undefined && process.env.CI === 'true') {
    throw new Error(`${variable} names no program, and with CI=true no suite may be left out`);
  }
  return path;
}
