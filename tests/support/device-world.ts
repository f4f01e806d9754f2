import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startHttpServer } from '@thingtalk/application';
import { startBroker } from '@thingtalk/broker';
import { run, type Terminal } from '@thingtalk/cli';
import { Problem, silentLogger, systemClock, ThingId, Topics } from '@thingtalk/core';
import { MemoryStore } from '@thingtalk/core/testing';
import { brokerGuard } from '@thingtalk/gateway';
import {
  AuditLog,
  auditRoutes,
  DeviceClaims,
  Devices,
  deviceRoutes,
  Policy,
  Revocations,
  SecurityGuard,
  Tokens,
} from '@thingtalk/security';

/** What of security devices need: real doors, a real broker, and somebody who manages. */
export async function startDeviceWorld() {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await mkdtempDisposable(`${tmpdir()}/thingtalk-devices-`));
  const clock = systemClock;
  const store = stack.use(new MemoryStore());
  const revocations = new Revocations();
  const shared = { store, clock, revocations };
  const audit = stack.use(
    await AuditLog.open({
      ...{ directory: `${scratch.path}/audit`, clock, logger: silentLogger },
      chainKey: Buffer.from('chain'),
    }),
  );
  const ada = { id: 'person_ada', kind: 'person', name: 'Ada' } as const;
  const principals = { principal: (id: string) => (id === ada.id ? ada : undefined) };
  const tokens = stack.use(await Tokens.open({ ...shared, principals }));
  const devices = stack.use(await Devices.open(shared));
  const known = ThingId('urn:dev:known');
  const isKnown = (thing: ThingId) => thing === known;
  const facts = { of: () => undefined, watch: () => () => {} };
  const policy = stack.use(await Policy.open({ ...shared, facts, audit }));
  const { groups } = policy;
  const claims = stack.use(await DeviceClaims.open({ ...shared, devices, groups, isKnown }));
  await groups.put('admins', { name: 'Admins', members: [ada.id] }, { author: 'setup' });
  const guard = new SecurityGuard({
    ...{ authenticators: [tokens, devices], mqtt: [tokens, devices] },
    ...{ policy, clock, audit },
  });
  const topics = new Topics();
  const broker = stack.use(await startBroker({ guard: brokerGuard({ guard, topics }) }));
  const routes = [
    ...deviceRoutes({
      ...{ devices, claims, audit, topics, brokerUrl: () => broker.url },
      identityOf: (access) => guard.identityOf(access),
    }),
    ...auditRoutes(audit),
  ];
  const http = stack.use(await startHttpServer({ routes, guard, audit, port: 0 }));
  const wanted = { principal: ada.id, name: 'test', expires: clock.now() + 3_600_000 };
  const { text: token } = await tokens.create(wanted, ada.id);
  const owned = stack.move();
  return {
    ...{ audit, broker, devices, http, token },
    /** Runs a command as Ada. */
    thingtalk: (...args: string[]) =>
      runAs(args, { THINGTALK_URL: http.base, THINGTALK_TOKEN: token }),
    /** Claims as a device does: with nothing but a token. */
    claim: async (body: object): Promise<ClaimedDevice> => {
      const response = await fetch(`${http.base}/devices/claim`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = await response.json();
      if (!response.ok) throw Problem.from(answer);
      return answer as ClaimedDevice;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What a device is told when it comes in. */
export interface ClaimedDevice {
  readonly id: string;
  readonly secret: string;
  readonly mqtt: {
    readonly url: string;
    readonly clientId: string;
    readonly username: string;
    readonly publish: readonly string[];
    readonly subscribe: readonly string[];
  };
}

async function runAs(args: readonly string[], env: Record<string, string>) {
  const out: string[] = [];
  const err: string[] = [];
  const plain = (text: string) => text;
  const terminal: Terminal = {
    ...{ env, isInteractive: false, interrupted: new AbortController().signal },
    style: { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
  };
  const code = await run(args, terminal);
  return { code, out, err };
}
