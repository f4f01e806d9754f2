import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Operation,
  Problem,
  parseJson,
} from '@thingtalk/core';

/** A request of the Web Thing Protocol, its common members checked; the others are as they came. */
export interface WtpRequest {
  readonly thingID: string;
  readonly operation: string;
  readonly correlationID: string | undefined;
  readonly members: JsonObject;
}

/** Longest id a client may choose for its own use, in characters. */
const maxIdLength = 256;

/**
 * Reads a message of the Web Thing Protocol.
 *
 * @throws {@link Problem} `payload-invalid` when it is no JSON object.
 */
export function readWtpMessage(text: string): JsonObject {
  const message = parseJson(text);
  if (!isJsonObject(message)) throw new Problem('payload-invalid', 'a message must be an object');
  return message;
}

/**
 * Checks the members that all requests have.
 *
 * The draft's own example of a writeproperty request calls itself a `response`, so that is taken for a request too.
 *
 * @throws {@link Problem} `bad-request` that names the member that is missing or wrong.
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Message Format"}
 */
export function readWtpRequest(members: JsonObject): WtpRequest {
  const { messageType, correlationID } = members;
  const thingID = textMember(members, 'thingID');
  idMember(members, 'messageID');
  if (messageType !== 'request' && messageType !== 'response') {
    throw new Problem(
      'bad-request',
      `'messageType' must be "request", not ${JSON.stringify(messageType)}`,
    );
  }
  return {
    thingID,
    operation: textMember(members, 'operation'),
    correlationID: correlationID === undefined ? undefined : idMember(members, 'correlationID'),
    members,
  };
}

/** A member that must be a text. @throws {@link Problem} `bad-request` when it is not. */
export function textMember(members: JsonObject, name: string): string {
  const value = members[name];
  if (typeof value === 'string') return value;
  throw new Problem('bad-request', `'${name}' must be a string, not ${JSON.stringify(value)}`);
}

/** A member that may be left out. @throws {@link Problem} `bad-request` when it is there and no text. */
export function optionalText(members: JsonObject, name: string): string | undefined {
  return members[name] === undefined ? undefined : textMember(members, name);
}

function idMember(members: JsonObject, name: string): string {
  const id = textMember(members, name);
  if (id !== '' && id.length <= maxIdLength) return id;
  throw new Problem('bad-request', `'${name}' must have 1 to ${maxIdLength} characters`);
}

/** The property names a request is about. @throws {@link Problem} `bad-request` when there are none. */
export function namesMember({ names }: JsonObject): readonly string[] {
  const isName = (name: JsonValue): name is string => typeof name === 'string';
  if (Array.isArray(names) && names.length > 0 && names.every(isName)) return names;
  throw new Problem('bad-request', `'names' must be an array of one or more property names`);
}

/** The values a request is about, by property name. @throws {@link Problem} `bad-request` when there are none. */
export function valuesMember({ values }: JsonObject): JsonObject {
  if (values !== undefined && isJsonObject(values) && Object.keys(values).length > 0) return values;
  throw new Problem('bad-request', `'values' must be an object of one or more properties`);
}

/** What an answer to a request is made of. */
export interface WtpAnswer {
  readonly thingID: string;
  /** `undefined` when the request named none that could be read. */
  readonly operation: Operation | string | undefined;
  readonly correlationID: string | undefined;
  readonly members: object;
}

/** Encodes an answer, with the members the draft's prose asks for. */
export function encodeWtpAnswer({ thingID, operation, correlationID, members }: WtpAnswer): string {
  return JSON.stringify({
    thingID,
    messageID: crypto.randomUUID(),
    messageType: 'response',
    operation,
    ...members,
    correlationID,
  });
}
