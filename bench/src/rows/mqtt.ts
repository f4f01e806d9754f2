import type { Contest, Run, Standing } from '../contest.ts';
import type { MqttToWsTask } from '../load/mqtt-to-ws.ts';
import type { SocketTarget } from '../load/ws-socket.ts';
import { meterId } from '../servers/lamp.ts';
import { announceMeter } from './announce.ts';
import { meterTarget } from './dialects.ts';
import { runLoad, type StartedServer, startServer } from './server.ts';

interface Way {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly before: string;
  target(port: number): SocketTarget;
  prepare(server: StartedServer): Promise<void>;
}

const ways: readonly Way[] = [
  {
    name: 'thingTalk',
    script: 'thingtalk.ts',
    args: [],
    before: '"value":',
    target: meterTarget,
    prepare: announceMeter,
  },
  {
    name: 'thingTalk, journal on',
    script: 'thingtalk.ts',
    args: ['--journal'],
    before: '"value":',
    target: meterTarget,
    prepare: announceMeter,
  },
  {
    name: 'thingTalk, secured',
    script: 'thingtalk.ts',
    args: ['--secured'],
    before: '"value":',
    target: meterTarget,
    prepare: announceMeter,
  },
  {
    name: 'mosquitto + mqtt.js + ws',
    script: 'bridge.ts',
    args: [],
    before: '"count":',
    target: (port) => ({ port, path: '/' }),
    prepare: async () => {},
  },
];

async function start(way: Way, measure: MqttToWsTask['measure'], run: Run): Promise<Standing> {
  const server = await startServer(run, way.script, way.args);
  const { credentials } = server;
  await way.prepare(server);
  let turn = 0;
  return {
    measure: (seconds) => {
      if (server.mqttPort === undefined) throw new Error(`${way.name} brings no broker`);
      const task: MqttToWsTask = {
        target: { ...way.target(server.port), token: credentials?.tokens[0] },
        mqttPort: server.mqttPort,
        ...(credentials && { device: credentials.device }),
        topic: `things/${meterId}/values`,
        pids: server.pids,
        measure,
        before: way.before,
        // Far apart, so that every measurement sends values that the server has not yet seen.
        from: ++turn * 100_000_000,
        seconds,
      };
      return runLoad(run, 'mqtt-to-ws.ts', task);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const contenders = (measure: MqttToWsTask['measure']) =>
  ways.map((way) => ({ name: way.name, start: (run: Run) => start(way, measure, run) }));

const baseline = 'mosquitto + mqtt.js + ws';

/** How long a value takes from the device to the screen. */
export const mqttLatencyRow: Contest = {
  name: 'mqtt-latency',
  title: 'MQTT values to gateway to WS, p50',
  unit: 'us',
  goal: { must: 0.7, moonshot: 0.5, better: 'lower' },
  baseline,
  contenders: contenders('latency'),
};

/** How many values a second go from the device to the screen. */
export const mqttRateRow: Contest = {
  name: 'mqtt-rate',
  title: 'MQTT values to gateway to WS, rate',
  unit: '1/s',
  goal: { must: 3, moonshot: 6, better: 'higher' },
  baseline,
  contenders: contenders('rate'),
};
