export * from './http/http-forms.ts';
export * from './http/http-server.ts';
export { thingPath, thingSegment } from './http/thing-path.ts';
export { type ThingRoutes, type ThingRoutesOptions, thingRoutes } from './http/thing-routes.ts';
export * from './http/upgrade.ts';
export * from './td/served-td.ts';
