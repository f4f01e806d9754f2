import type { Contest, Run } from '../contest.ts';
import type { FanOutTask } from '../load/fan-out.ts';
import type { RoundTripTask } from '../load/round-trip.ts';
import type { SocketTarget } from '../load/ws-socket.ts';
import { lampId } from '../servers/lamp.ts';
import { dialectWrite, panelTarget, protocolTarget, protocolWrite } from './dialects.ts';
import { ours, runLoad, type StartedServer, served } from './server.ts';

type Write = Pick<RoundTripTask, 'request' | 'confirmed'>;

const trip =
  (target: (port: number) => SocketTarget, write: Write) =>
  (server: StartedServer, run: Run, seconds: number) => {
    const task: RoundTripTask = {
      target: target(server.port),
      pids: server.pids,
      ...write,
      seconds,
    };
    return runLoad(run, 'round-trip.ts', task);
  };

/** A property is set through a socket and confirmed on it. */
export const roundTripRow: Contest = {
  name: 'ws-round-trip',
  title: 'WS write and its confirmation, p50',
  unit: 'us',
  goal: { must: 1.15, moonshot: 1, better: 'lower' },
  baseline: 'ws',
  contenders: [
    ...ours(
      [],
      trip((port) => protocolTarget(port, lampId, []), protocolWrite),
    ),
    served(
      'ws',
      'raw-ws.ts',
      [],
      trip((port) => ({ port, path: '/lamp' }), dialectWrite),
    ),
    served(
      'webthing',
      'webthing.ts',
      [],
      trip((port) => ({ port, path: '/' }), dialectWrite),
    ),
  ],
};

/** The same, confirmed when it is on disk, by both sides. */
export const storedRoundTripRow: Contest = {
  name: 'ws-round-trip-stored',
  title: 'WS write, stored, and its confirmation, p50',
  unit: 'us',
  goal: { must: 1.15, moonshot: 1, better: 'lower' },
  baseline: 'ws, stored',
  contenders: [
    served(
      'thingTalk, journal on',
      'thingtalk.ts',
      ['--journal'],
      trip((port) => protocolTarget(port, lampId, []), protocolWrite),
    ),
    served(
      'ws, stored',
      'raw-ws.ts',
      ['--stores'],
      trip((port) => ({ port, path: '/lamp' }), dialectWrite),
    ),
  ],
};

function fanOutRow(changes: number, must: number, moonshot: number): Contest {
  const fan =
    (target: (port: number) => SocketTarget) =>
    (server: StartedServer, run: Run, seconds: number) => {
      const { control, pids } = server;
      const task: FanOutTask = {
        target: target(server.port),
        control,
        pids,
        sockets: 1_000,
        changes,
        seconds,
      };
      return runLoad(run, 'fan-out.ts', task);
    };
  return {
    name: `fan-out-${changes}`,
    title: `WS fan-out 1 to 1000, ${changes === 1 ? 'one change' : `${changes} pending`}`,
    unit: '1/s',
    goal: { must, moonshot, better: 'higher' },
    baseline: 'ws',
    contenders: [
      ...ours(
        ['--panel'],
        fan((port) => panelTarget(port, changes)),
      ),
      served(
        'ws',
        'raw-ws.ts',
        [],
        fan((port) => ({ port, path: '/panel' })),
      ),
      served(
        'webthing',
        'webthing.ts',
        ['--panel'],
        fan((port) => ({ port, path: '/' })),
      ),
    ],
  };
}

/** One change at a time to 1,000 sockets. */
export const fanOutOneRow: Contest = fanOutRow(1, 1.2, 1.45);

/** Eight changes in one tick to 1,000 sockets. */
export const fanOutEightRow: Contest = fanOutRow(8, 5, 8);
