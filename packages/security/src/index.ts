export * from './authentication/identity.ts';
export * from './authentication/revocations.ts';
