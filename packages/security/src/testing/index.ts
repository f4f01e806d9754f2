/** Test-only door: the policy in its plainest form, to test the doors of a gateway against. */
export * from './reference-policy.ts';
