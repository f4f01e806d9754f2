export type { KeptAuditEntry } from './audit/audit-entry.ts';
export * from './audit/audit-log.ts';
export { type AuditQuery, auditPage } from './audit/audit-query.ts';
export * from './audit/audit-routes.ts';
export { type FormerChainKey, readFormerKeys } from './audit/chain-keys.ts';
export { type ClosedLog, keepChainKey } from './audit/keep-chain-key.ts';
export type { AuditVerdict } from './audit/verify.ts';
export * from './authentication/api-schemes.ts';
export * from './authentication/authentication.ts';
export * from './authentication/authentication-door.ts';
export * from './authentication/bearer.ts';
export * from './authentication/guest-links.ts';
export * from './authentication/guest-routes.ts';
export * from './authentication/identity.ts';
export * from './authentication/logins.ts';
export * from './authentication/mqtt-visit.ts';
export * from './authentication/oauth/app-routes.ts';
export * from './authentication/oauth/app-tokens.ts';
export * from './authentication/oauth/apps.ts';
export * from './authentication/oauth/authorization-codes.ts';
export * from './authentication/oauth/oauth-routes.ts';
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
export * from './authorization/directory-facts.ts';
export type { Explanation, GrantInQuestion, PolicyQuestion } from './authorization/explain.ts';
export * from './authorization/grant.ts';
export type { Grants } from './authorization/grants.ts';
export type { Groups } from './authorization/groups.ts';
export type { ThingFact, ThingFacts } from './authorization/known-things.ts';
export * from './authorization/names.ts';
export { isNetwork, Networks } from './authorization/networks.ts';
export * from './authorization/policy.ts';
export type { PolicyAccess } from './authorization/policy-access.ts';
export type { PolicyChange } from './authorization/policy-change.ts';
export { policyRoutes } from './authorization/policy-routes.ts';
export { readGrant } from './authorization/read-grant.ts';
export * from './authorization/topic-rights.ts';
export { type Device, isClientIdOf } from './devices/device.ts';
export * from './devices/device-claims.ts';
export * from './devices/device-routes.ts';
export * from './devices/device-topics.ts';
export * from './devices/devices.ts';
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
export * from './encryption/rotate-master-key.ts';
export * from './encryption/sealed-store.ts';
export * from './encryption/sealer.ts';
export * from './encryption/secret.ts';
export * from './guard.ts';
export { type PageDoor, pageRoutes } from './pages/page-routes.ts';
export { CertificateError, type CertificatePair, fingerprintOf } from './tls/certificate-pair.ts';
export { DoorTls, type DoorTlsOptions } from './tls/door-tls.ts';
export { GivenCertificates, type GivenCertificatesOptions } from './tls/given-certificates.ts';
export { defaultHandshakeLimits, type HandshakeLimits } from './tls/handshake-admission.ts';
export { type KeyFiles, keyFiles } from './tls/key-files.ts';
export { isCertificateName, type Machine, namesOf, thisMachine } from './tls/machine-names.ts';
export { OwnCertificates, type OwnCertificatesOptions, ownFiles } from './tls/own-certificates.ts';
export { sealedKeyFiles } from './tls/sealed-key-files.ts';
export type { ServerCertificates } from './tls/server-certificates.ts';
export { trustNotice } from './tls/trust-notice.ts';
export { trustRoutes } from './tls/trust-routes.ts';
