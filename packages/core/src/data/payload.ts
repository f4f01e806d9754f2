import { Problem } from '../problem/problem.ts';
import type { JsonValue } from './json.ts';
import { parseJson } from './parse-json.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What a message carries: JSON that is encoded at most once, and decoded at most once, however many read it.
 *
 * Inside a process the value itself travels, and bytes exist only when a wire asks for them.
 */
export class Payload {
  #value: JsonValue | undefined;
  #text: string | undefined;
  #bytes: Uint8Array | undefined;

  private constructor(
    value: JsonValue | undefined,
    text: string | undefined,
    bytes: Uint8Array | undefined,
  ) {
    this.#value = value;
    this.#text = text;
    this.#bytes = bytes;
  }

  /** Nothing at all: with `retain`, it clears a topic. */
  static readonly empty: Payload = new Payload(undefined, '', new Uint8Array(0));

  /** A payload of `value`, which must not change afterwards. */
  static of(value: JsonValue): Payload {
    return new Payload(value, undefined, undefined);
  }

  /** A payload of JSON text that is already encoded. */
  static ofText(text: string): Payload {
    return new Payload(undefined, text, undefined);
  }

  /** A payload as it came over a wire; nothing is looked at until it is asked for. */
  static ofBytes(bytes: Uint8Array): Payload {
    return bytes.byteLength === 0 ? Payload.empty : new Payload(undefined, undefined, bytes);
  }

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this.#value === undefined && (this.#text ?? this.#bytes)?.length === 0;
  }

  /** Whether it is there as text or bytes; if not, nobody has asked for these. */
  get isEncoded(): boolean {
    return this.#text !== undefined || this.#bytes !== undefined;
  }

  /**
   * The value, within the limits of {@link parseJson}.
   *
   * @throws {@link Problem} `payload-invalid` when it is not JSON, or nests too deep, or has too many members.
   */
  json(): JsonValue {
    if (this.#value === undefined) this.#value = parseJson(this.text());
    return this.#value;
  }

  /**
   * The value as JSON text.
   *
   * @throws {@link Problem} `payload-invalid` when it came as bytes that are no text.
   */
  text(): string {
    this.#text ??=
      this.#bytes === undefined ? JSON.stringify(this.#value) : decodeUtf8(this.#bytes);
    return this.#text;
  }

  /** The value as UTF-8 bytes of JSON text. */
  bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(this.#text ?? JSON.stringify(this.#value));
    return this.#bytes;
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Problem('payload-invalid', 'the payload is not UTF-8', { cause });
  }
}
