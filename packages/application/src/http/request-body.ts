import type { IncomingHttpHeaders } from 'node:http';
import { type JsonValue, Problem } from '@thingtalk/core';
import type { Exchange } from './exchange.ts';
import {
  type BodyType,
  bodyLimit,
  isBodyType,
  mediaType,
  readDocument,
  tdBodyLimit,
} from './json-body.ts';

/** Methods whose requests have no body that means anything. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** What bodies a row takes. */
export interface BodyRule {
  readonly types: readonly BodyType[];
  /** In bytes. */
  readonly limit: number;
}

/**
 * What bodies are taken by a row that consumes `types`.
 *
 * @throws TypeError when nothing here reads one of them.
 */
export function bodyRule(types: readonly string[] = ['application/json']): BodyRule {
  const known = types.map((type) => {
    if (isBodyType(type)) return type;
    throw new TypeError(`nothing reads bodies of type '${type}'`);
  });
  const isPlain = known.every((type) => type === 'application/json');
  return { types: known, limit: isPlain ? bodyLimit : tdBodyLimit };
}

/** Whether a body comes with a request. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/**
 * The type of the body that is to be read; `undefined` when none comes, or none that means anything.
 *
 * @throws {@link Problem} `unsupported-media-type`, `payload-too-large`: what its headers say is enough for that.
 */
export function typeOfBody(
  { method, headers }: Pick<Exchange, 'method' | 'headers'>,
  { types, limit }: BodyRule,
): BodyType | undefined {
  if (bodiless.has(method) || !hasBody(headers)) return undefined;
  const said = headers['content-type'] ?? '';
  const type = types.find((one) => one === said) ?? types.find((one) => one === mediaType(said));
  if (type === undefined) {
    throw new Problem(
      'unsupported-media-type',
      `a body of type '${mediaType(said)}' is not taken here; ${types.join(', ')} is`,
    );
  }
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  return type;
}

/** Where a body goes. */
export interface BodyReader {
  /** What it says; nothing at all is `undefined`. */
  read(body: JsonValue | undefined): void;
  /** It is larger than `limit`, or no such document. */
  refuse(problem: unknown): void;
}

/** Reads a body as a whole, and tells `reader` once; never when the client goes away in the middle of it. */
export function readBody(
  exchange: Exchange,
  type: BodyType,
  { limit }: BodyRule,
  reader: BodyReader,
): void {
  const pieces = new Pieces();
  let isOver = false;
  exchange.receive((piece) => {
    if (isOver) return;
    isOver = piece === null || pieces.length + piece.length > limit;
    if (!isOver && piece !== null) pieces.add(piece);
    else if (piece !== null) reader.refuse(tooLarge(limit));
    else readWhole(pieces.whole, type, reader);
  });
}

function readWhole(bytes: Buffer, type: BodyType, reader: BodyReader): void {
  let body: JsonValue | undefined;
  try {
    body = readDocument(bytes, type);
  } catch (problem) {
    reader.refuse(problem);
    return;
  }
  reader.read(body);
}

function tooLarge(limit: number): Problem {
  return new Problem('payload-too-large', `the body is larger than ${limit} bytes`);
}

/** Bytes put together. Most bodies come in one piece; one in very many small pieces costs no more than its length. */
class Pieces {
  #bytes: Buffer = Buffer.alloc(0);
  length = 0;

  get whole(): Buffer {
    return this.#bytes.length === this.length ? this.#bytes : this.#bytes.subarray(0, this.length);
  }

  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (this.length === 0) this.#bytes = piece;
    else {
      if (length > this.#bytes.length) this.#grow(length * 2);
      this.#bytes.set(piece, this.length);
    }
    this.length = length;
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(size);
    larger.set(this.whole);
    this.#bytes = larger;
  }
}
