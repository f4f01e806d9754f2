import { type JsonObject, type Operation, Problem, type ThingId } from '@thingtalk/core';
import type { Connection, Session } from './connection.ts';
import { textMessage } from './message.ts';
import { type WtpCall, type WtpContext, wtpOperations } from './wtp-operations.ts';
import { encodeWtpAnswer, readWtpMessage, readWtpRequest, type WtpRequest } from './wtp-request.ts';

/** Name of the Web Thing Protocol in the WebSocket handshake. */
export const webThingProtocol = 'webthingprotocol';

/**
 * Speaks the Web Thing Protocol with one client, about any Thing.
 *
 * @param home the Thing whose socket it is: what a message that names none is taken to be about when it is refused
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol}
 */
export function webThingProtocolSession(
  connection: Connection,
  context: WtpContext,
  home: ThingId | undefined,
): Session {
  const answer = (request: Partial<WtpRequest>, members: object) => {
    const { thingID = home ?? 'about:blank', operation, correlationID } = request;
    connection.send(textMessage(encodeWtpAnswer({ thingID, operation, correlationID, members })));
  };
  const refuse = (request: Partial<WtpRequest>, problem: Problem) => {
    const { name } = request.members ?? {};
    const timestamp = new Date(context.now()).toISOString();
    answer(request, { ...(typeof name === 'string' && { name }), error: problem, timestamp });
  };

  return (text) => {
    let heard: Partial<WtpRequest> = {};
    connection.handle(
      () => {
        const message = readWtpMessage(text);
        heard = whatCanBeRead(message);
        const request = readWtpRequest(message);
        const { operation, thingID, members } = request;
        const on = typeof members.name === 'string' ? `${thingID} ${members.name}` : thingID;
        return {
          what: operation,
          on,
          perform: () => perform(connection, context, request, { answer, refuse }),
        };
      },
      (problem) => refuse(heard, problem),
    );
  };
}

/** How one request is answered. */
interface Replies {
  readonly answer: (request: Partial<WtpRequest>, members: object) => void;
  readonly refuse: (request: Partial<WtpRequest>, problem: Problem) => void;
}

async function perform(
  connection: Connection,
  context: WtpContext,
  request: WtpRequest,
  { answer, refuse }: Replies,
): Promise<void> {
  const { operation, thingID } = request;
  if (!isOperation(operation)) {
    throw new Problem('bad-request', `'${operation}' is no operation of the Web Thing Protocol`);
  }
  const things = context.views.for(connection);
  const thing = things.find(thingID);
  if (thing === undefined) throw new Problem('thing-not-found', `'${thingID}' is not known here`);
  const about = { ...request, thingID: thing.id };
  const answerThis = (members: object) => answer(about, members);
  const call: WtpCall = {
    ...context,
    ...{ things, connection, thing, request },
    answer: answerThis,
    refuse: (problem) => refuse(about, problem),
  };
  const members = await wtpOperations[operation](call);
  if (members !== undefined) answerThis(members);
}

function isOperation(name: string): name is Operation {
  return Object.hasOwn(wtpOperations, name);
}

/** As much of a message as its refusal can repeat. */
function whatCanBeRead(members: JsonObject): Partial<WtpRequest> {
  const { thingID, operation, correlationID } = members;
  return {
    members,
    ...(typeof thingID === 'string' && { thingID }),
    ...(typeof operation === 'string' && { operation }),
    ...(typeof correlationID === 'string' && { correlationID }),
  };
}
