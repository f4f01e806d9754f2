export * from './authentication/identity.ts';
export * from './authentication/revocations.ts';
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
