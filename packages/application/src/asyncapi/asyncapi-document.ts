import type { Channel, ThingRecord } from '@thingtalk/core';
import type { ApiInfo } from '../openapi/openapi-document.ts';

/** What an AsyncAPI document is rendered from. */
export interface AsyncApiParts {
  readonly info: ApiInfo;
  readonly channels: readonly Channel[];
  /** Authority of the HTTP server as the client knows it: `127.0.0.1:8080`. */
  readonly host: string;
  /** Address of the broker: `mqtt://127.0.0.1:1883`. Default: not named. */
  readonly broker?: string | undefined;
  /** The Things whose ids are offered for `id`. */
  readonly things: readonly ThingRecord[];
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Renders the message interfaces, seen from the gateway: what a client receives, it sends.
 *
 * @see {@link https://www.asyncapi.com/docs/reference/specification/v3.0.0 | AsyncAPI 3.0}
 */
export function asyncApiDocument(parts: AsyncApiParts): Members {
  const { info, channels, host, broker, things } = parts;
  const isNamed = ({ protocol }: Channel) => protocol === 'ws' || broker !== undefined;
  const ids = things.map(({ level }) => level);
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    servers: {
      ws: { host, protocol: 'ws' },
      ...(broker !== undefined && { mqtt: brokerServer(new URL(broker)) }),
    },
    channels: Object.fromEntries(
      channels.map((channel) => [channel.name, channelObject(channel, ids, isNamed(channel))]),
    ),
    operations: Object.fromEntries(channels.flatMap(operationsOf)),
  };
}

function brokerServer({ host, protocol }: URL): Members {
  return { host, protocol: protocol.slice(0, -1) };
}

function channelObject(channel: Channel, ids: readonly string[], isNamed: boolean): Members {
  const { protocol, address, title, description, parameters = {}, messages } = channel;
  return {
    address,
    title,
    description,
    ...(isNamed && { servers: [{ $ref: `#/servers/${protocol}` }] }),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, about]) => [
        name,
        { description: about, ...(name === 'id' && ids.length > 0 && { examples: ids }) },
      ]),
    ),
    messages: Object.fromEntries(
      messages.map(({ name, summary, schema, example }) => [
        name,
        {
          name,
          summary,
          contentType: 'application/json',
          payload: schema,
          ...(example !== undefined && { examples: [{ payload: example }] }),
        },
      ]),
    ),
  };
}

function operationsOf({ name, protocol, messages }: Channel): (readonly [string, Members])[] {
  return messages.map((message) => [
    `${name}.${message.name}`,
    {
      action: message.direction === 'receive' ? 'send' : 'receive',
      channel: { $ref: `#/channels/${name}` },
      summary: message.summary,
      messages: [{ $ref: `#/channels/${name}/messages/${message.name}` }],
      ...(protocol === 'mqtt' &&
        message.retained !== undefined && {
          bindings: { mqtt: { retain: message.retained, bindingVersion: '0.2.0' } },
        }),
    },
  ]);
}
