import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Problem } from '@thingtalk/core';
import type { MasterKey, MasterKeys } from './master-keys.ts';

/** What a sealed text belongs to, and can be opened for. */
export interface SealedPlace {
  readonly collection: string;
  readonly key: string;
}

const cipher = 'aes-256-gcm';
const saltBytes = 16;
/** 96 bits, what GCM is made for (NIST SP 800-38D, 8.2.2). */
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = saltBytes + nonceBytes;

/** Key id, then salt, nonce, ciphertext and tag. */
const shape = /^tts1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)$/;

/**
 * Seals texts with AES-256-GCM, so that what is stored tells nothing and cannot be changed or moved unseen.
 *
 * A sealed text is `tts1.<key id>.<base64url of salt, nonce, ciphertext, tag>`. Each is encrypted under a key of its own,
 * derived from the master key with HKDF-SHA-256 and 128 random bits. A wrapped random key would do the same with a second
 * encryption under the master key, whose random nonces bound how often it may be done; a derived one has no such bound,
 * and nothing more to store. The nonce is random all the same, so that nothing hangs on the salt alone.
 *
 * The place is authenticated: a text that was moved to another record does not open. The version is not: who can put an old
 * row back can put back its version with it.
 */
export class Sealer {
  readonly #current: MasterKey;
  readonly #keys: ReadonlyMap<string, MasterKey>;

  constructor(keys: MasterKeys) {
    this.#current = keys[0];
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Seals a text for a place, with the current key. */
  seal(text: string, place: SealedPlace): string {
    const salt = randomBytes(saltBytes);
    const nonce = randomBytes(nonceBytes);
    const { id } = this.#current;
    const encryption = createCipheriv(cipher, recordKey(this.#current, salt), nonce);
    encryption.setAAD(associated(id, place));
    const sealed = [salt, nonce, encryption.update(text, 'utf8'), encryption.final()];
    const body = Buffer.concat([...sealed, encryption.getAuthTag()]);
    return `tts1.${id}.${body.toString('base64url')}`;
  }

  /**
   * Opens what was sealed for a place.
   *
   * @throws {@link Problem} `seal-broken`, naming the record and never its content, when the text is not sealed, was changed
   * or moved, or its key is not there.
   */
  open(sealed: string, place: SealedPlace): string {
    const [, id = '', encoded = ''] = shape.exec(sealed) ?? [];
    const body = Buffer.from(encoded, 'base64url');
    // The last character may hold bits that mean nothing: one text of many is taken.
    if (body.length < headBytes + tagBytes || body.toString('base64url') !== encoded) {
      throw broken(place, 'it is not sealed');
    }
    const key = this.#keys.get(id);
    if (key === undefined) throw broken(place, `the master key ${id} is not here`);
    try {
      return decrypt(body, key, associated(id, place));
    } catch {
      // Without its cause: there is nothing in it that helps, and must never be.
      throw broken(place, 'it was changed, or belongs to another record');
    }
  }

  /** Whether the key is here that sealed a text. */
  hasKeyOf(sealed: string): boolean {
    return this.#keys.has(shape.exec(sealed)?.[1] ?? '');
  }

  /** Whether a sealed text was sealed with the current key. */
  isCurrent(sealed: string): boolean {
    return shape.exec(sealed)?.[1] === this.#current.id;
  }
}

function decrypt(body: Buffer, key: MasterKey, aad: Buffer): string {
  const salt = body.subarray(0, saltBytes);
  const nonce = body.subarray(saltBytes, headBytes);
  const options = { authTagLength: tagBytes };
  const decryption = createDecipheriv(cipher, recordKey(key, salt), nonce, options);
  decryption.setAAD(aad);
  decryption.setAuthTag(body.subarray(-tagBytes));
  const text = decryption.update(body.subarray(headBytes, -tagBytes));
  return Buffer.concat([text, decryption.final()]).toString('utf8');
}

function recordKey(key: MasterKey, salt: Buffer): Buffer {
  return key.derive('record', salt);
}

/** As JSON: no two places are the same text. */
function associated(keyId: string, { collection, key }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify(['tts1', keyId, collection, key]));
}

function broken({ collection, key }: SealedPlace, why: string): Problem {
  return new Problem('seal-broken', `'${key}' in '${collection}' cannot be opened: ${why}`);
}
