import { accessSync, constants, existsSync } from 'node:fs';
import { createServer, connect as openTcp } from 'node:net';
import { dirname, resolve, sep } from 'node:path';
import { type Client, ProblemError } from '@thingtalk/client';
import type { GatewaySettings } from '@thingtalk/gateway';

/** What a check found: how it stands, and where it does not stand well, what to do. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly mend?: string;
}

/** What the checks look at. */
export interface Checked {
  readonly settings: GatewaySettings;
  /** Of the gateway that is looked for. */
  readonly client: Client;
}

/** Every check, in the order in which they are told. */
export const checks: readonly ((checked: Checked) => Finding | Promise<Finding>)[] = [
  checkNode,
  checkClock,
  checkData,
  ({ settings }) => checkPort('HTTP port', settings.httpHost, settings.httpPort, '--http-port'),
  ({ settings }) =>
    settings.broker === ''
      ? checkPort('MQTT port', settings.mqttHost, settings.mqttPort, '--mqtt-port')
      : checkBroker(settings.broker),
  checkGateway,
];

function checkNode(): Finding {
  const { versions, execPath } = process;
  const isPinned = execPath.split(sep).some((part) => /^node-(linux|win)-/.test(part));
  const whose = isPinned ? 'the one that the lockfile pins' : `this machine's own, ${execPath}`;
  return { name: 'Node', state: 'ok', detail: `${versions.node}, ${whose}` };
}

/** The first moment a right clock can show: when this was written. */
const earliest = Date.UTC(2026, 10, 1);

function checkClock(): Finding {
  const now = Date.now();
  const detail = new Date(now).toISOString();
  if (now >= earliest) return { name: 'Clock', state: 'ok', detail };
  const mend =
    'set the clock, as by timedatectl set-ntp true: things are told apart by their boot time';
  return { name: 'Clock', state: 'fail', detail: `${detail} is in the past`, mend };
}

function checkData({ settings }: Checked): Finding {
  const name = 'Data directory';
  const path = resolve(settings.data);
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    accessSync(at, constants.W_OK | constants.X_OK);
    return { name, state: 'ok', detail: at === path ? path : `${path}, to be made` };
  } catch {
    const detail = `${at} cannot be written by this user`;
    return { name, state: 'fail', detail, mend: 'choose another by --data or THINGTALK_DATA' };
  }
}

async function checkPort(name: string, host: string, port: number, flag: string): Promise<Finding> {
  if (port === 0) return { name, state: 'ok', detail: 'any free port' };
  const problem = await listeningProblem(host, port);
  if (problem === undefined) return { name, state: 'ok', detail: `${port} is free` };
  const detail = `${port} cannot be used: ${problem}`;
  const mend = `fine when that is your gateway; else choose another by ${flag}`;
  return { name, state: 'warn', detail, mend };
}

function listeningProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const brokerPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443,
};

/** Whether something listens there; that it speaks MQTT is for the gateway to find. */
function checkBroker(broker: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(broker);
  const at = { host: hostname, port: Number(port) || (brokerPorts[protocol] ?? 1883) };
  const place = `${at.host}:${at.port}`;
  const name = 'Broker';
  return new Promise((resolve) => {
    const socket = openTcp({ ...at, timeout: 2_000 });
    const away = (reason: string) => {
      socket.destroy();
      const detail = `${place} cannot be reached: ${reason}`;
      resolve({ name, state: 'fail', detail, mend: 'start it, or leave --broker out' });
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve({ name, state: 'ok', detail: `${place} answers` });
    });
    socket.once('timeout', () => away('no answer within 2 s'));
    socket.once('error', (error: NodeJS.ErrnoException) => away(error.code ?? error.message));
  });
}

async function checkGateway({ client }: Checked): Promise<Finding> {
  const name = 'Gateway';
  try {
    const things = await client.things();
    return { name, state: 'ok', detail: `${client.url} serves ${things.length} things` };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const mend = 'start one with thingtalk gateway, or say where it is by --url';
    return { name, state: 'warn', detail: error.detail, mend };
  }
}
