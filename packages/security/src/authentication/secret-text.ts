import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Letters and digits that nobody takes for one another; no case, so that a secret survives being typed. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const idLength = 16;
/** 256 bits, five to a character. */
const secretLength = 52;
/** 32 bits. */
const checkLength = 7;

/** What kind of credential a text claims to be: `pat` is an API token. */
export type SecretKind =
  | 'pat'
  | 'guest'
  | 'ticket'
  | 'session'
  | 'device'
  | 'claim'
  | 'access'
  | 'refresh';

/** A secret that was just made: shown once, and kept only as its hash. */
export interface NewSecret {
  readonly id: string;
  /** What its owner gets: `tt_pat_<id>_<secret and checksum>`. */
  readonly text: string;
  /** What is kept: SHA-256 of the text, in hex. */
  readonly hash: string;
}

/** A text that is well-formed as a secret, which says nothing about whether it is good. */
export interface ReadSecret {
  readonly id: string;
  readonly hash: string;
}

/** Makes the id of something that is never given twice: 80 random bits. */
export function randomId(): string {
  return randomText(idLength);
}

/** Makes a secret of 256 bits, whose text says of what kind it is, so that scanners find one that got lost. */
export function makeSecret(kind: SecretKind, id = randomId()): NewSecret {
  const body = `tt_${kind}_${id}_${randomText(secretLength)}`;
  const text = body + checksum(body);
  return { id, text, hash: hashOf(text) };
}

/** Reads a text that may be a secret of `kind`; `undefined` when it is none, or was mistyped. */
export function readSecret(kind: SecretKind, text: string): ReadSecret | undefined {
  const prefix = `tt_${kind}_`;
  const length = prefix.length + idLength + 1 + secretLength + checkLength;
  if (text.length !== length || !isOfKind(kind, text)) return undefined;
  const body = text.slice(0, -checkLength);
  if (checksum(body) !== text.slice(-checkLength)) return undefined;
  return { id: text.slice(prefix.length, prefix.length + idLength), hash: hashOf(text) };
}

/** Whether a text claims to be a secret of `kind`. */
export function isOfKind(kind: SecretKind, text: string): boolean {
  return text.startsWith(`tt_${kind}_`);
}

/** SHA-256 of a text, in hex. Enough for what has 256 bits of its own; never for a password. */
export function hashOf(text: string): string {
  return hash('sha256', text);
}

/** Compares two hashes in time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** `length` random characters, five bits each. */
export function randomText(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte & 31];
  return text;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let at = 0; at < checkLength; at++) {
    text = alphabet[rest & 31] + text;
    rest >>>= 5;
  }
  return text;
}
