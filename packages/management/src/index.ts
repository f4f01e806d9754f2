export * from './archive/description-archive.ts';
export * from './discovery/discovery.ts';
export * from './discovery/discovery-routes.ts';
export * from './discovery/network.ts';
export * from './discovery/offer.ts';
export * from './registry/forgotten-things.ts';
export * from './registry/open-registry.ts';
