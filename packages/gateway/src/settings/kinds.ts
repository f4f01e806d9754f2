import { isIP } from 'node:net';
import { isCertificateName, isNetwork } from '@thingtalk/security';

/** Levels of the log, from the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/** What a setting's value may be: how its text is read, and how that is told to people. */
interface Kind<V> {
  /** What to write, as shown in the help. */
  readonly expects: string;
  /** Reads the text of a flag, an environment variable or a YAML scalar; throws a `RangeError` that says what is wrong. */
  read(text: string): V;
}

function kind<V>(expects: string, read: (text: string) => V): Kind<V> {
  return { expects, read };
}

/** Every kind of value a setting may have. */
export const kinds = {
  port: kind('0 to 65535; 0 is any free port', (text) => wholeNumber(text, 0, 65_535)),
  milliseconds: kind('milliseconds, 1 to 600000', (text) => wholeNumber(text, 1, 600_000)),
  count: kind('1 to 1000000', (text) => wholeNumber(text, 1, 1_000_000)),
  host: kind('an address or a host name', (text) => {
    if (isCertificateName(text)) return text;
    throw new RangeError(`${quote(text)} is neither an address nor a host name`);
  }),
  security: kind('on or demo', (text) => {
    if (text === 'on' || text === 'demo') return text;
    throw new RangeError(`${quote(text)} is neither on nor demo`);
  }),
  directory: kind('a directory', (text) => {
    if (text !== '' && !text.includes('\0')) return text;
    throw new RangeError(`${quote(text)} is not a directory`);
  }),
  file: kind('a file', (text) => {
    if (!text.includes('\0')) return text;
    throw new RangeError(`${quote(text)} is not a file`);
  }),
  tls: kind('auto, off, own or files', (text) => {
    if (text === 'auto' || text === 'off' || text === 'own' || text === 'files') return text;
    throw new RangeError(`${quote(text)} is none of auto, off, own, files`);
  }),
  names: kind('host names and IP addresses, with commas between', (text) => {
    const names = text === '' ? [] : text.split(',').map((name) => name.trim());
    const wrong = names.find((name) => !isCertificateName(name));
    if (wrong === undefined) return text;
    throw new RangeError(`${quote(wrong)} is neither a host name nor an IP address`);
  }),
  origins: kind('origins, as https://panel.example, with commas between', (text) => {
    const origins = text === '' ? [] : text.split(',').map((origin) => origin.trim());
    const wrong = origins.find((origin) => URL.parse(origin)?.origin !== origin);
    if (wrong === undefined) return text;
    throw new RangeError(
      `${quote(wrong)} is no origin: a scheme and a host, as https://panel.example`,
    );
  }),
  networks: kind('addresses and networks, as 10.0.0.0/8, with commas between', (text) => {
    const networks = text === '' ? [] : text.split(',').map((network) => network.trim());
    const wrong = networks.find((network) => !isNetwork(network));
    if (wrong === undefined) return text;
    throw new RangeError(`${quote(wrong)} is neither an address nor a network, as 10.0.0.0/8`);
  }),
  broker: kind(
    'mqtt://host[:port], mqtts://, ws:// or wss://; empty is the embedded broker',
    brokerUrl,
  ),
  database: kind('sqlite, none, or postgres://user@host/name', (text) => {
    if (text === 'sqlite' || text === 'none') return text;
    const url = URL.parse(text);
    if (url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.hostname !== '') return text;
    throw new RangeError('it is neither sqlite, none, nor the URL of a PostgreSQL database');
  }),
  switch: kind('on or off', (text) => {
    if (text === 'on' || text === 'off') return text;
    throw new RangeError(`${quote(text)} is neither on nor off`);
  }),
  title: kind('a text of at most 60 characters', (text) => {
    if (text.length <= 60 && !/\p{Cc}/u.test(text)) return text;
    throw new RangeError(`${quote(text)} is no title: at most 60 characters, on one line`);
  }),
  prefix: kind('topic levels, without wildcards', (text) => {
    if (!/[+#\0]/.test(text) && !text.startsWith('$')) return text;
    throw new RangeError(`${quote(text)} cannot begin a topic: no '+', '#', NUL or leading '$'`);
  }),
  logLevel: kind(logLevels.join(', '), (text) => {
    const level = logLevels.find((candidate) => candidate === text);
    if (level !== undefined) return level;
    throw new RangeError(`${quote(text)} is none of ${logLevels.join(', ')}`);
  }),
} as const satisfies Readonly<Record<string, Kind<string | number>>>;

/** Name of a {@link kinds | kind of value}. */
export type KindName = keyof typeof kinds;

/** The type of the values of a kind. */
export type KindValue<K extends KindName> = ReturnType<(typeof kinds)[K]['read']>;

function wholeNumber(text: string, low: number, high: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= low && number <= high) return number;
  throw new RangeError(`${quote(text)} is not a whole number from ${low} to ${high}`);
}

/** Whether an address reaches this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

const brokerSchemes = new Set(['mqtt:', 'mqtts:', 'ws:', 'wss:']);

function brokerUrl(text: string): string {
  if (text === '') return text;
  const url = URL.parse(text);
  if (url !== null && brokerSchemes.has(url.protocol) && url.hostname !== '') return text;
  throw new RangeError(`${quote(text)} is not the URL of a broker, as mqtt://192.0.2.7:1883`);
}

/** A text as an error shows it: in quotes, and not longer than a line. */
export function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `'${shown.replace(/[\p{Cc}\p{Cs}]/gu, '\uFFFD')}'`;
}
