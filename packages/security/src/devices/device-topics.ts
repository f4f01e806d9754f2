import { type ThingId, type Topics, topicLevel } from '@thingtalk/core';

/** The topics that a device may use, as filters. */
export interface DeviceTopics {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const said = ['td', 'values', 'event', 'action', 'status', 'error', 'reply/#'];
const heard = ['set/#', 'get/#', 'request_action/#', 'stored'];

/** What a device says and hears about its Things. */
export function deviceTopics(topics: Topics, things: readonly ThingId[]): DeviceTopics {
  const of = (parts: readonly string[]) =>
    things.flatMap((thing) => parts.map((part) => `${topics.root}${topicLevel(thing)}/${part}`));
  return { publish: of(said), subscribe: of(heard) };
}
