import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { Inbox } from './inbox.ts';

/** Where the buses of one test meet. */
export interface BusWorld extends AsyncDisposable {
  /** Opens one more bus on the same broker; the world closes it. */
  open(): Promise<Bus>;
  /** Makes `session` die without a goodbye. Default: disposing of it. */
  kill?(session: Bus): Promise<void>;
}

/** Starts a broker of its own, with nothing retained, for one test. */
export type MakeWorld = () => Promise<BusWorld>;

/** A payload of JSON text. */
export const text = (value: string): Payload => Payload.ofText(value);

/** A message that comes after all that a test waits for. */
export async function flush(bus: Bus, inbox: Inbox, topic: string): Promise<void> {
  await bus.publish(topic, text('"the end"'));
  await inbox.until(() => inbox.texts.at(-1) === '"the end"');
}
