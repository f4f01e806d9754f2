import type { BrokerGuard, BrokerRights, Visitor } from '@thingtalk/broker';
import type { Access, Topics } from '@thingtalk/core';
import { type SecurityGuard, TopicRights } from '@thingtalk/security';

/** What a {@link brokerGuard} works with. */
export interface BrokerGuardParts {
  /** Says who connects. */
  readonly guard: Pick<SecurityGuard, 'identifyMqtt'>;
  /** The topics of the bus. */
  readonly topics: Topics;
}

/** The guard of the embedded broker: whoever is known to the security of the gateway comes in, with the rights it has there. */
export function brokerGuard({ guard, topics }: BrokerGuardParts): BrokerGuard {
  return {
    connect(visitor) {
      const { clientId, username = '', password, address, isClean } = visitor;
      const visit = { clientId, username, address, isClean, password: textOf(password) };
      const access = guard.identifyMqtt(visit);
      const enter = (known: Access) => rightsOf(known, visitor, topics);
      return access instanceof Promise ? access.then(enter) : enter(access);
    },
  };
}

/** What somebody may do on the topics; nothing, and no place, without credentials: as at the other doors. */
function rightsOf(access: Access, { clientId }: Visitor, topics: Topics): BrokerRights | undefined {
  const { principal, isUnlimited } = access;
  if (principal.kind === 'anonymous' && !isUnlimited) return undefined;
  const rights = new TopicRights(topics, { access, clientId });
  return {
    owner: principal.id,
    isUnlimited,
    get revision() {
      return access.revision;
    },
    mayPublish: (topic) => rights.mayPublish(topic),
    maySubscribe: (filter) => rights.maySubscribe(filter),
    mayReceive: (topic) => rights.mayReceive(topic),
    onChange: (listener) => access.onChange(listener),
    onEnd: (listener) => access.onEnd(listener),
  };
}

/** Secrets are plain ASCII: what is not valid UTF-8 fits none. */
function textOf(password: Uint8Array | undefined): string {
  return password === undefined ? '' : Buffer.from(password).toString();
}
