export { type BrokerGuardParts, brokerGuard } from './broker-guard.ts';
export * from './gateway.ts';
export { type GatewayThing, gatewayThing } from './gateway-thing.ts';
export { createLogger } from './logger.ts';
export type { HttpDoors } from './open-http.ts';
export type {
  GatewaySecurity,
  SecurityParts,
  SecurityPlaces,
} from './security/open-security.ts';
export * from './security/rotate-key.ts';
export * from './settings/index.ts';
export * from './start-gateway.ts';
