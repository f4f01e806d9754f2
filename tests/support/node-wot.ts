import { createRequire } from 'node:module';
import type { JsonValue } from '@thingtalk/core';

/** What node-wot hands over for an interaction. */
interface InteractionOutput {
  value(): Promise<JsonValue | undefined>;
}

interface Subscription {
  stop(): Promise<void>;
}

type Listener = (output: InteractionOutput) => void;

/** The part of the WoT Scripting API's `ConsumedThing` that the tests use. */
export interface PeerThing {
  readProperty(name: string): Promise<InteractionOutput>;
  writeProperty(name: string, value: JsonValue): Promise<void>;
  observeProperty(name: string, listener: Listener): Promise<Subscription>;
  invokeAction(name: string, input?: JsonValue): Promise<InteractionOutput | undefined>;
  subscribeEvent(name: string, listener: Listener): Promise<Subscription>;
}

interface PeerWot {
  requestThingDescription(url: string): Promise<object>;
  consume(td: object): Promise<PeerThing>;
}

interface PeerServient {
  addClientFactory(factory: object): void;
  addCredentials(credentials: Readonly<Record<string, { readonly token: string }>>): void;
  start(): Promise<PeerWot>;
  shutdown(): Promise<void>;
}

/** What somebody shows a broker. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
}

/** What of node-wot's packages is used here. */
interface Packages {
  readonly '@node-wot/core': { readonly Servient: new () => PeerServient };
  readonly '@node-wot/binding-http': {
    readonly HttpClientFactory: new () => object;
    readonly HttpsClientFactory: new () => object;
  };
  readonly '@node-wot/binding-mqtt': {
    readonly MqttClientFactory: new () => object;
    readonly MqttsClientFactory: new (config: PasswordCredentials) => object;
  };
}

/** Which installation of node-wot: with TD 1.1's types, or as npm installs it. */
export type Installation = 'pinned' | 'plain';

/** How it is to reach the Thing. */
export type Binding = 'http' | 'mqtt';

/** A node-wot that consumes one Thing. */
export interface Peer extends AsyncDisposable {
  readonly thing: PeerThing;
}

/**
 * Consumes a Thing with node-wot, which is told nothing but the URL of its TD.
 *
 * @throws when the installation is missing: `node scripts/peers.mjs` brings it.
 */
export async function consumeWithNodeWot(
  installation: Installation,
  binding: Binding,
  url: string,
): Promise<Peer> {
  const load = loader(installation);
  const { Servient } = load('@node-wot/core');
  const { HttpClientFactory } = load('@node-wot/binding-http');
  const reader = new Servient();
  reader.addClientFactory(new HttpClientFactory());
  const td = await (await reader.start()).requestThingDescription(url);
  await reader.shutdown();
  return consumeTdWithNodeWot(installation, binding, td);
}

/** Consumes a Thing with node-wot by a TD that was fetched already; with a token, where the Thing wants one. */
export async function consumeTdWithNodeWot(
  installation: Installation,
  binding: Binding,
  td: { readonly id?: string },
  token?: string,
): Promise<Peer> {
  const load = loader(installation);
  const { Servient } = load('@node-wot/core');
  const { HttpClientFactory, HttpsClientFactory } = load('@node-wot/binding-http');
  const { MqttClientFactory } = load('@node-wot/binding-mqtt');
  const servient = new Servient();
  if (token !== undefined) servient.addCredentials({ [td.id ?? '']: { token } });
  if (binding === 'mqtt') servient.addClientFactory(new MqttClientFactory());
  else {
    servient.addClientFactory(new HttpClientFactory());
    servient.addClientFactory(new HttpsClientFactory());
  }
  const thing = await (await servient.start()).consume(td);
  return { thing, [Symbol.asyncDispose]: () => servient.shutdown() };
}

/**
 * Consumes a Thing with node-wot over MQTT and TLS.
 *
 * node-wot takes what a broker wants to be shown where its binding is made: of its own store of credentials a form with a
 * security of its own is given none (0.8.16).
 */
export async function consumeOverMqttsWithNodeWot(
  installation: Installation,
  td: object,
  credentials: PasswordCredentials,
): Promise<Peer> {
  const load = loader(installation);
  const { Servient } = load('@node-wot/core');
  const { MqttsClientFactory } = load('@node-wot/binding-mqtt');
  const servient = new Servient();
  servient.addClientFactory(new MqttsClientFactory({ ...credentials }));
  const thing = await (await servient.start()).consume(td);
  return { thing, [Symbol.asyncDispose]: () => servient.shutdown() };
}

function loader(installation: Installation): <N extends keyof Packages>(name: N) => Packages[N] {
  const require = createRequire(
    new URL(`../interop/peers/${installation}/package.json`, import.meta.url),
  );
  return (name) => {
    try {
      return require(name);
    } catch (cause) {
      throw new Error(`${name} is not installed: run 'node scripts/peers.mjs'`, { cause });
    }
  };
}
