import type { Form, FormContext, FormSource, Operation } from '@thingtalk/core';
import { NorthboundTopics } from './northbound-topics.ts';

/** Where the broker is that WoT clients are sent to. */
export interface MqttFormsOptions {
  /**
   * Scheme and authority of the broker, as `mqtt://192.168.1.5:1883`, for a client that reached HTTP at `base`;
   * `undefined` names none. {@link besideHttp} makes one for a broker on the same host.
   */
  readonly brokerOf: (base: string) => string | undefined;
  readonly topics?: NorthboundTopics;
  /** Name of the security definition that holds at the broker. Default: the one that holds for all forms. */
  readonly security?: string | undefined;
}

/**
 * Where the broker is when it listens beside the HTTP server: the host the client knows, another port.
 *
 * @param scheme default `mqtt`
 */
export function besideHttp(
  port: number,
  scheme: 'mqtt' | 'mqtts' = 'mqtt',
): (base: string) => string {
  return (base) => `${scheme}://${new URL(base).hostname}:${port}`;
}

/** The control packet by which a client carries out an operation. */
type Packet = 'publish' | 'subscribe' | 'unsubscribe';

/**
 * The forms of the northbound MQTT door: one topic for each affordance.
 *
 * The topic stands in the href's path, percent-encoded once more, and as it is in the binding's own term.
 *
 * @see {@link https://w3c.github.io/wot-binding-templates/bindings/protocols/mqtt/ | WoT MQTT Binding, Form terms}
 */
export function mqttForms(options: MqttFormsOptions): FormSource {
  const { brokerOf, topics = new NorthboundTopics(), security } = options;

  const form = (
    { base }: FormContext,
    topic: string,
    packet: Packet,
    ...op: readonly Operation[]
  ): readonly Form[] => {
    const broker = brokerOf(base);
    if (broker === undefined) return [];
    return [
      {
        href: `${broker}/${encodePath(topic)}`,
        op,
        contentType: 'application/json',
        'mqv:controlPacket': packet,
        [packet === 'publish' ? 'mqv:topic' : 'mqv:filter']: topic,
        'mqv:qos': '0',
        'mqv:retain': op.includes('readproperty'),
        ...(security !== undefined && { security }),
      },
    ];
  };

  return {
    thingForms: () => [],
    propertyForms(context, { name, readOnly, writeOnly }) {
      const value = topics.of(context.level, 'properties', name);
      const read = () => [
        ...form(context, value, 'subscribe', 'readproperty', 'observeproperty'),
        ...form(context, value, 'unsubscribe', 'unobserveproperty'),
      ];
      const write = () =>
        form(context, topics.set(context.level, name), 'publish', 'writeproperty');
      return [...(writeOnly ? [] : read()), ...(readOnly ? [] : write())];
    },
    actionForms: (context, { name }) =>
      form(context, topics.of(context.level, 'actions', name), 'publish', 'invokeaction'),
    eventForms(context, { name }) {
      const topic = topics.of(context.level, 'events', name);
      return [
        ...form(context, topic, 'subscribe', 'subscribeevent'),
        ...form(context, topic, 'unsubscribe', 'unsubscribeevent'),
      ];
    },
  };
}

/** A topic as the path of a URL: no more is encoded than must be, since node-wot takes the path as it is. */
function encodePath(topic: string): string {
  return encodeURI(topic).replace(/[?#]/g, encodeURIComponent);
}
