export * from './archive/description-archive.ts';
export * from './registry/forgotten-things.ts';
export * from './registry/open-registry.ts';
