export * from './access/reader-views.ts';
export * from './access/stranger-access.ts';
export type { ChangeLogLimits } from './feed/change-log.ts';
export { ThingFeed } from './feed/thing-feed.ts';
export type { DoorTls } from './http/door-tls.ts';
export { mayHear } from './http/hearing.ts';
export * from './http/host-names.ts';
export * from './http/http-forms.ts';
export * from './http/http-server.ts';
export { type ThingRoutes, type ThingRoutesOptions, thingRoutes } from './http/thing-routes.ts';
export * from './http/upgrade.ts';
export { addressOf } from './http/visit.ts';
export * from './http/webthings-routes.ts';
export * from './mqtt/channels.ts';
export * from './mqtt/mqtt-forms.ts';
export * from './mqtt/northbound.ts';
export * from './mqtt/northbound-topics.ts';
export type { ApiScheme, ApiSchemes, ApiSecurity } from './openapi/api-security.ts';
export * from './openapi/document-routes.ts';
export type { ApiInfo } from './openapi/openapi-document.ts';
export type { PageNotice } from './openapi/page-notice.ts';
export * from './td/served-td.ts';
export * from './td/td-security.ts';
export { thingSegment } from './td/thing-path.ts';
export * from './websocket/channels.ts';
export * from './websocket/settings.ts';
export {
  type WebSocketOptions,
  type WebSocketUpgrades,
  websocketUpgrades,
} from './websocket/upgrades.ts';
export * from './websocket/websocket-forms.ts';
