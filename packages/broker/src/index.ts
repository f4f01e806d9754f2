/** The embedded MQTT broker. */
export { type Broker, type BrokerOptions, startBroker } from './broker.ts';
export type { DoorTls, Place, Upgrade } from './doors.ts';
export {
  type BrokerGuard,
  type BrokerRights,
  openDoor,
  openRights,
  type Visitor,
} from './guard.ts';
export { type BrokerLimits, defaultLimits } from './limits.ts';
export type { HandshakeAddress } from './peer-address.ts';
