import { join } from 'node:path';
import { root } from '../architecture/house.ts';
import { Program } from './program.ts';

/** What a gateway in a process of its own is told. */
export interface GatewayPlace {
  /** Its directory. */
  readonly data: string;
  /** `sqlite`, or the URL of a PostgreSQL database. */
  readonly database: string;
  readonly httpPort: number;
  /** The port of its own broker, or the URL of another. */
  readonly broker: number | string;
  /** A command that runs it, as `strace` with its options. Default none. */
  readonly under?: readonly string[];
}

/** `thingtalk gateway`, as people run it: from the start build, where there is one. */
export function gatewayProgram(place: GatewayPlace): Program {
  const { data, database, httpPort, broker, under } = place;
  const args = [
    join(root, 'packages/cli/bin/thingtalk.js'),
    ...['gateway', '--json', '--log-level', 'fatal', '--things-deadline-ms', '500'],
    ...['--data', data, '--database', database, '--http-port', String(httpPort)],
    ...(typeof broker === 'number' ? ['--mqtt-port', String(broker)] : ['--broker', broker]),
  ];
  return new Program(args, {
    ready: /"http"/,
    flags: [],
    ...(under !== undefined && { under }),
  });
}

/** Things of our SDK, from number `first` on, on a broker; what they keep is in the directory. */
export function thingsProgram(
  brokerUrl: string,
  directory: string,
  { first, count }: { readonly first: number; readonly count: number },
): Program {
  return ownProgram('things', [brokerUrl, directory, String(first), String(count)]);
}

/** Bare devices on a broker; what they keep is in the directory. */
export function devicesProgram(
  brokerUrl: string,
  directory: string,
  names: readonly string[],
): Program {
  return ownProgram('devices', [brokerUrl, directory, ...names]);
}

function ownProgram(name: string, args: readonly string[]): Program {
  return new Program([join(root, `tests/faults/${name}-program.ts`), ...args], { ready: /serves/ });
}
