import { checkTopic, commands, Payload, Problem, type Topics } from '@thingtalk/core';
import type { PublishPacket } from 'aedes';
import type { BrokerRights } from './guard.ts';

/** What is to be published, as far as it matters to whether it may be. */
export interface Publication {
  readonly topic: string;
  readonly retain: boolean;
  readonly isEmpty: boolean;
}

/**
 * Looks whether a client may publish this, now or as its will.
 *
 * @throws {@link Problem} `bad-request` for a malformed topic, `command-retained`, `forbidden`
 */
export function checkPublish(
  rights: BrokerRights,
  { topic, retain, isEmpty }: Publication,
  topics: Topics,
): void {
  checkTopic(topic);
  if (topic.startsWith('$')) throw new Problem('forbidden', `'${topic}' is the broker's own`);
  const part = retain && !isEmpty ? topics.parse(topic)?.part : undefined;
  if (commands.some((command) => command === part))
    throw new Problem('command-retained', `'${topic}' would be carried out again and again`);
  if (!rights.mayPublish(topic)) throw new Problem('forbidden', `no right to '${topic}'`);
}

/** What a client publishes, as it came. */
export function payloadOf({ payload }: PublishPacket): Payload {
  return Payload.ofBytes(typeof payload === 'string' ? Buffer.from(payload) : payload);
}
