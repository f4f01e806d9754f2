/** The bus over MQTT; apart from the main door, since it needs `mqtt` (and in a browser a WebSocket). */
export { MqttBus } from './bus/mqtt-bus.ts';
export type { MqttBusOptions } from './bus/mqtt-bus-options.ts';
export type { MqttVersion } from './bus/mqtt-link.ts';
