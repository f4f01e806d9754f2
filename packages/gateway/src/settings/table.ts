import { type KindName, type KindValue, kinds } from './kinds.ts';

/** One row of {@link settings}. */
interface SettingInit {
  /** Where it stands in a YAML file; flag and environment variable are named after it. */
  readonly path: string;
  readonly kind: KindName;
  readonly default: string | number;
  readonly description: string;
}

/**
 * Every setting of a gateway, once: flags, environment variables, the YAML file, their help and docs/settings.md
 * are all rendered from this table.
 */
export const settings = {
  security: {
    path: 'security',
    kind: 'security',
    default: 'on',
    description:
      'Whether it asks who comes and what they may do; a demo asks nobody, and serves this machine alone',
  },
  httpHost: {
    path: 'http.host',
    kind: 'host',
    default: '127.0.0.1',
    description: 'Address the HTTP and WebSocket server listens on',
  },
  httpPort: {
    path: 'http.port',
    kind: 'port',
    default: 8080,
    description: 'Port of the HTTP and WebSocket server',
  },
  httpNames: {
    path: 'http.names',
    kind: 'names',
    default: '',
    description:
      "More names that the HTTP server answers to, besides its addresses and this machine's own names",
  },
  httpOrigins: {
    path: 'http.origins',
    kind: 'origins',
    default: '',
    description: 'Origins of web pages that may use the HTTP server, besides its own pages',
  },
  httpTrustedProxies: {
    path: 'http.trusted-proxies',
    kind: 'networks',
    default: '',
    description:
      'Proxies before the HTTP server that are believed who asks, by which name, and whether over TLS: they must say it of everybody',
  },
  mqttHost: {
    path: 'mqtt.host',
    kind: 'host',
    default: '127.0.0.1',
    description: 'Address the embedded MQTT broker listens on',
  },
  mqttPort: {
    path: 'mqtt.port',
    kind: 'port',
    default: 1883,
    description: 'Port of the embedded MQTT broker',
  },
  mqttTlsPort: {
    path: 'mqtt.tls-port',
    kind: 'port',
    default: 8883,
    description: 'Port of the embedded MQTT broker over TLS; plain MQTT then stays on this machine',
  },
  mqttTls12: {
    path: 'mqtt.tls12',
    kind: 'switch',
    default: 'off',
    description: 'Whether MQTT devices may use TLS 1.2 too, with forward secrecy only',
  },
  broker: {
    path: 'broker',
    kind: 'broker',
    default: '',
    description: 'An MQTT broker to use instead of the embedded one',
  },
  tlsMode: {
    path: 'tls.mode',
    kind: 'tls',
    default: 'auto',
    description:
      'Whether HTTP, WebSocket and MQTT are encrypted: by a certificate authority of its own, or a certificate in files; auto is own with security, and off in a demo',
  },
  tlsCertificate: {
    path: 'tls.certificate',
    kind: 'file',
    default: '',
    description:
      'File of its certificate and after it those that vouch for it, PEM; read again when it changes',
  },
  tlsKey: {
    path: 'tls.key',
    kind: 'file',
    default: '',
    description: 'File of the private key of its certificate, PEM, without a passphrase',
  },
  tlsNames: {
    path: 'tls.names',
    kind: 'names',
    default: '',
    description:
      "More names and addresses for the certificate of its own authority, besides this machine's",
  },
  topicsPrefix: {
    path: 'topics.prefix',
    kind: 'prefix',
    default: '',
    description: 'What stands before things/ in every topic',
  },
  data: {
    path: 'data',
    kind: 'directory',
    default: '.thingtalk',
    description: 'Directory of what the gateway keeps; made when it is missing',
  },
  database: {
    path: 'database',
    kind: 'database',
    default: 'sqlite',
    description:
      'Where what things say is kept: SQLite in the data directory, PostgreSQL, or nowhere',
  },
  discovery: {
    path: 'discovery',
    kind: 'switch',
    default: 'on',
    description:
      'Whether it is announced by DNS-SD where its HTTP server can be reached, and finds what others announce',
  },
  name: {
    path: 'name',
    kind: 'title',
    default: '',
    description: 'What it is called where it is announced; thingTalk on this host when empty',
  },
  limitsRequests: {
    path: 'limits.requests',
    kind: 'count',
    default: 1_000,
    description: 'Requests a second of one who is known, or of one address without credentials',
  },
  limitsSockets: {
    path: 'limits.sockets',
    kind: 'count',
    default: 200,
    description: 'WebSockets that one who is known may have open',
  },
  limitsMqttConnections: {
    path: 'limits.mqtt-connections',
    kind: 'count',
    default: 20,
    description:
      'New MQTT connections a second of one address; those of this machine are not counted',
  },
  limitsHandshakes: {
    path: 'limits.handshakes',
    kind: 'count',
    default: 400,
    description: 'TLS handshakes a second, of all together at each port',
  },
  thingsDeadlineMs: {
    path: 'things.deadline-ms',
    kind: 'milliseconds',
    default: 2_000,
    description: 'How long a thing may take to answer',
  },
  drainMs: {
    path: 'drain-ms',
    kind: 'milliseconds',
    default: 5_000,
    description: 'How long each step of shutting down may take',
  },
  logLevel: {
    path: 'log.level',
    kind: 'logLevel',
    default: 'info',
    description: 'How much is logged',
  },
} as const satisfies Readonly<Record<string, SettingInit>>;

/** Name of a setting: a key of {@link settings}. */
export type SettingName = keyof typeof settings;

/** What a gateway is told to be; see docs/settings.md for each member. */
export type GatewaySettings = {
  readonly [N in SettingName]: KindValue<(typeof settings)[N]['kind']>;
};

/** A setting as it is written in each of its places. */
export interface SettingRow extends SettingInit {
  readonly name: SettingName;
  /** `--http-port` */
  readonly flag: string;
  /** `THINGTALK_HTTP_PORT` */
  readonly environment: string;
  /** What its value may be, for people. */
  readonly expects: string;
}

/** The settings as rows, in the order of the help. */
export const settingRows: readonly SettingRow[] = Object.entries(settings).map(([name, row]) => ({
  ...row,
  name: name as SettingName,
  flag: `--${row.path.replaceAll('.', '-')}`,
  environment: `THINGTALK_${row.path.replace(/[.-]/g, '_').toUpperCase()}`,
  expects: kinds[row.kind].expects,
}));

/** Every setting at its default. */
export const defaultSettings = Object.fromEntries(
  settingRows.map((row) => [row.name, row.default]),
) as GatewaySettings;
