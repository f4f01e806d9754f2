export * from './registry/forgotten-things.ts';
export * from './registry/open-registry.ts';
