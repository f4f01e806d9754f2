import { type Broker, type BrokerLimits, startBroker } from '@thingtalk/broker';
import { RawClient } from '@thingtalk/broker/testing';
import { type AuditEntry, Payload, Problem, Topics } from '@thingtalk/core';
import { Inbox, MemoryGuard } from '@thingtalk/core/testing';
import { brokerGuard } from '@thingtalk/gateway';
import { isClientIdOf } from '@thingtalk/security';

/** A publish packet. */
export const message = (topic: string, payload = '1', more: object = {}) => ({
  ...{ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false },
  ...more,
});

/** A will. */
export const will = (topic: string, payload = '1', retain = false) => ({
  will: { topic, payload: Buffer.from(payload), qos: 0, retain },
});

/**
 * A broker that knows the devices `device_lamp` and `device_other`, each with a Thing of its own, `ann` who may use the lamp's
 * `on` alone, and `operator` who may do everything to every Thing. A token is the password.
 */
export class GuardedBroker implements AsyncDisposable {
  readonly broker: Broker;
  readonly guard: MemoryGuard;
  readonly audit: AuditEntry[];
  /** What reached the bus. */
  readonly heard: Inbox;

  private constructor(parts: Pick<GuardedBroker, 'broker' | 'guard' | 'audit' | 'heard'>) {
    this.broker = parts.broker;
    this.guard = parts.guard;
    this.audit = parts.audit;
    this.heard = parts.heard;
  }

  static async open(limits: Partial<BrokerLimits> = {}): Promise<GuardedBroker> {
    const guard = new MemoryGuard();
    const audit: AuditEntry[] = [];
    guard.let('lamp', [], 'device', ['urn:thing:lamp']);
    guard.let('other', [], 'device', ['urn:thing:other']);
    guard.let('operator', everything);
    guard.let('ann', [
      { right: 'observe', thing: 'urn:thing:lamp', affordance: 'on' },
      { right: 'write', thing: 'urn:thing:lamp', affordance: 'on' },
    ]);
    const identifyMqtt = (visit: { password: string; clientId: string; address: string }) => {
      const { password, clientId, address } = visit;
      const refuse = (why: string): never => {
        const entry = { who: 'anonymous', from: address, what: 'connect', why } as const;
        audit.push({ ...entry, outcome: 'denied' });
        throw new Problem('unauthenticated', why);
      };
      if (password === '') return guard.admit({ headers: {} });
      const access = admitted(guard, password) ?? refuse('a password that is none');
      const { id, kind } = access.principal;
      if (kind === 'device' && !isClientIdOf(id, clientId)) refuse('the client id of another');
      return access;
    };
    const broker = await startBroker({
      guard: brokerGuard({ guard: { identifyMqtt }, topics: new Topics() }),
      audit: { record: (entry) => void audit.push(entry) },
      limits,
    });
    const heard = await Inbox.open(broker.bus, '#');
    return new GuardedBroker({ broker, guard, audit, heard });
  }

  /** Tries to come in; gives the return code of CONNACK. */
  async enter(clientId: string, password?: string, more: object = {}) {
    const client = await RawClient.open(this.broker.mqttPort);
    const credentials = password === undefined ? {} : { username: clientId, password };
    client.say({
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId },
      ...credentials,
      ...more,
    });
    const { returnCode, sessionPresent } = await client.hear('connack');
    return { client, returnCode, sessionPresent };
  }

  /** Comes in as the device of the lamp. */
  async lamp(more: object = {}): Promise<RawClient> {
    return (await this.enter('device_lamp', 'lamp', more)).client;
  }

  /** Says something as the gateway does. */
  say(topic: string, text = '1', retain = false): Promise<void> {
    return this.broker.bus.publish(topic, Payload.ofText(text), { retain });
  }

  /** What was refused, as `who what on`. */
  get denied(): readonly string[] {
    return this.audit.map(({ who, what, on = '' }) => `${who} ${what} ${on}`.trim());
  }

  /** Whether somebody who may is still served: comes in, is granted, is heard and hears. */
  async isHealthy(): Promise<boolean> {
    const { client } = await this.enter('healthy', 'operator');
    using operator = client;
    const granted = await operator.subscribe('things/healthy/values');
    await this.say('things/healthy/values', '{"on":true}');
    const { topic } = await operator.hear('publish');
    return granted[0] === 0 && topic === 'things/healthy/values';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.heard[Symbol.asyncDispose]();
    await this.broker.drain();
  }
}

/** All there is to be allowed. */
export const everything = (
  ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'] as const
).map((right) => ({ right }));

function admitted(guard: MemoryGuard, token: string) {
  try {
    return guard.admit({ headers: { authorization: `Bearer ${token}` } });
  } catch {
    return undefined;
  }
}
