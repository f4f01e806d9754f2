export * from './authentication/authentication-door.ts';
export * from './authentication/bearer.ts';
export * from './authentication/guest-links.ts';
export * from './authentication/guest-routes.ts';
export * from './authentication/identity.ts';
export * from './authentication/logins.ts';
export * from './authentication/mqtt-visit.ts';
export * from './authentication/password-hasher.ts';
export * from './authentication/password-rules.ts';
export * from './authentication/people.ts';
export * from './authentication/people-routes.ts';
export * from './authentication/rate-limits.ts';
export * from './authentication/revocations.ts';
export * from './authentication/secret-text.ts';
export * from './authentication/session-routes.ts';
export * from './authentication/sessions.ts';
export * from './authentication/setup-code.ts';
export * from './authentication/setup-route.ts';
export * from './authentication/tickets.ts';
export * from './authentication/token-routes.ts';
export * from './authentication/tokens.ts';
export {
  MasterKey,
  MasterKeyError,
  type MasterKeyPlace,
  type MasterKeys,
  masterKeyFile,
  masterKeyVariable,
  openMasterKeys,
  readMasterKeys,
} from './encryption/master-keys.ts';
export * from './encryption/sealed-store.ts';
export * from './encryption/sealer.ts';
export * from './encryption/secret.ts';
export * from './guard.ts';
