import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, ProblemError } from '@thingtalk/client';
import { isLoopback } from '@thingtalk/gateway';
import type { Checked, Finding } from './checks.ts';
import { loginsFile } from './logins.ts';

/** What the checks of security look at. */
export interface SecurityChecked extends Checked {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A check. What can be asked of a gateway only is passed over where none answers, or not to whoever asks. */
type Check = (checked: SecurityChecked) => readonly Finding[] | Promise<readonly Finding[]>;

/** What a gateway answered. */
type Answer = Omit<Finding, 'name'>;

/** Every check, in the order in which they are told. */
export const securityChecks: readonly Check[] = [
  checkMode,
  checkFiles,
  checkCertificates,
  asking('Administrators', checkAdministrators),
  asking('Grants to anybody', checkAnybody),
  asking('Tokens', checkTokens),
];

function checkMode({ settings }: SecurityChecked): readonly Finding[] {
  const { security, httpHost, mqttTls12 } = settings;
  const isOn = security === 'on';
  const reach = isLoopback(httpHost) ? 'this machine alone' : httpHost;
  const mode: Finding = isOn
    ? { name: 'Security', state: 'ok', detail: `on; the settings serve ${reach}` }
    : {
        ...{
          name: 'Security',
          state: 'warn',
          detail: 'a demo: everybody on this machine may do all',
        },
        mend: 'leave --security out, or THINGTALK_SECURITY, for what is more than a trial',
      };
  const oldest: Finding =
    mqttTls12 === 'off'
      ? { name: 'TLS', state: 'ok', detail: '1.3 at every door' }
      : {
          ...{ name: 'TLS', state: 'warn', detail: '1.2 too over MQTT, for old devices' },
          mend: 'set mqtt.tls12 off once they speak 1.3',
        };
  return [mode, oldest];
}

const secretFiles = ['master.key', 'tls/authority.pem', 'gateway.json', 'audit', ''];

/** Windows has no such modes: every file says 0666 there. */
function checkFiles({ settings: { data }, env }: SecurityChecked): readonly Finding[] {
  if (process.platform === 'win32') return [];
  const paths = [...secretFiles.map((file) => join(data, file)), loginsFile(env)];
  const open = paths.filter((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && (stat.mode & 0o077) !== 0;
  });
  const name = 'Files';
  if (open.length === 0)
    return [{ name, state: 'ok', detail: 'what is secret is its owner alone' }];
  const mend = `chmod go= ${open.join(' ')}`;
  return [{ name, state: 'fail', detail: `others may read ${open.join(', ')}`, mend }];
}

const dayMs = 86_400_000;

function checkCertificates({ settings }: SecurityChecked): readonly Finding[] {
  const { data, tlsMode, tlsCertificate } = settings;
  const file = tlsMode === 'files' ? tlsCertificate : join(data, 'tls', 'ca.pem');
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
  const name = 'Certificate';
  try {
    const { validToDate } = new X509Certificate(readFileSync(file));
    const days = Math.floor((validToDate.getTime() - Date.now()) / dayMs);
    const detail = `${file} is valid for ${days} days more`;
    if (days > 30) return [{ name, state: 'ok', detail }];
    return [{ name, state: days < 0 ? 'fail' : 'warn', detail, mend: 'renew it' }];
  } catch (error) {
    return [{ name, state: 'fail', detail: `${file}: ${(error as Error).message}` }];
  }
}

function asking(name: string, check: (client: Client) => Promise<Answer>): Check {
  return async ({ client }) => {
    try {
      return [{ ...(await check(client)), name }];
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const mend = 'log in as somebody who manages the gateway: thingtalk login';
      return [{ name, state: 'warn', detail: `not looked at: ${error.detail}`, mend }];
    }
  };
}

async function checkAdministrators(client: Client): Promise<Answer> {
  const groups = (await client.call('groups')) as unknown as readonly {
    readonly id: string;
    readonly members: readonly string[];
  }[];
  const { length } = groups.find(({ id }) => id === 'admins')?.members ?? [];
  const detail = `${length} manage the gateway`;
  if (length > 1) return { state: 'ok', detail };
  const mend =
    'make another, for when this one forgets their password: thingtalk users add eve --admin';
  return { state: 'warn', detail, mend };
}

async function checkAnybody(client: Client): Promise<Answer> {
  const grants = (await client.call('grants')) as unknown as readonly {
    readonly id: string;
    readonly who: { readonly group?: string };
    readonly effect: string;
  }[];
  const given = grants.filter(({ who, effect }) => who.group === 'anybody' && effect === 'allow');
  if (given.length === 0) return { state: 'ok', detail: 'none' };
  const ids = given.map(({ id }) => id).join(', ');
  return { state: 'warn', detail: ids, mend: 'strangers may do this too; is it meant?' };
}

async function checkTokens(client: Client): Promise<Answer> {
  const tokens = (await client.call('tokens')) as unknown as readonly {
    readonly id: string;
    readonly lastUsed?: string;
  }[];
  const idle = tokens.filter(({ lastUsed }) => lastUsed === undefined);
  const detail = `${tokens.length}, of which ${idle.length} were not used since the gateway started`;
  if (idle.length === 0) return { state: 'ok', detail };
  const mend = `end those that nobody needs: thingtalk tokens revoke ${idle[0]?.id}`;
  return { state: 'warn', detail, mend };
}
