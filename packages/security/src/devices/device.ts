import { idOfLevel, isUri, type Principal, Problem, ThingId } from '@thingtalk/core';

/** A device, or a bridge to several: what speaks for Things on the bus. */
export interface Device {
  /** `device_...`, never given twice; its user name and MQTT client id. */
  readonly id: string;
  readonly name: string;
  /** The Things it speaks for. */
  readonly things: readonly ThingId[];
  /** Whose it is: id of a principal. */
  readonly owner: string;
  /** In milliseconds since 1970, as all times here. */
  readonly created: number;
  /** When it got the secret it has now. */
  readonly renewed: number;
}

/** A secret that a device has, as it is kept. */
export interface DeviceCredential {
  /** `<device>/<count>`: what sessions hang on. */
  readonly id: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
}

/** A device as it is kept. */
export interface DeviceDocument extends Device {
  readonly credential: DeviceCredential;
  /** The secret before this one, which is good for a little longer. */
  readonly previous?: DeviceCredential & { readonly until: number };
}

/** Most Things that a device speaks for. */
export const mostThingsOfDevice = 100;
const longestName = 100;

/** Whether a client id is a device's: its id, alone or with `:` or `-` and more, for a device that connects more than once. */
export function isClientIdOf(device: string, clientId: string): boolean {
  if (!clientId.startsWith(device)) return false;
  const next = clientId.charAt(device.length);
  return next === '' || next === ':' || next === '-';
}

/** A device as somebody to whom rights are granted. */
export function principalOf({ id, name }: Device): Principal {
  return { id, kind: 'device', name };
}

/** A device without its secrets. */
export function withoutSecrets({ credential: _, previous: __, ...device }: DeviceDocument): Device {
  return device;
}

/**
 * Reads ids of Things; a bare device's topic level stands for its id.
 *
 * @throws {@link Problem} `unprocessable` that names the one that is none.
 */
export function readThingIds(texts: readonly string[]): readonly ThingId[] {
  const ids = texts.map((text) => {
    const id = isUri(text) ? ThingId(text) : idOfLevel(encodeURIComponent(text));
    if (id !== undefined) return id;
    throw new Problem('unprocessable', `'${text.slice(0, 80)}' is no id of a Thing`);
  });
  return [...new Set(ids)];
}

/** Reads the name of a device. @throws {@link Problem} `unprocessable`. */
export function readDeviceName(text: string): string {
  const name = text.trim();
  if (name.length >= 1 && name.length <= longestName && !/[\p{Cc}\p{Cs}]/u.test(name)) return name;
  throw new Problem('unprocessable', `a name has 1 to ${longestName} characters that can be seen`);
}
