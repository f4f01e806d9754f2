import { ProblemError } from './problem-error.ts';
import type { Subscription } from './thing-watch.ts';

/** How much may wait for a slow reader, and what happens when more comes. */
export interface StreamBound {
  readonly capacity: number;
  readonly full: 'drop-oldest' | 'fail';
}

/**
 * Turns a subscription into something to loop over; leaving the loop ends the subscription.
 *
 * @param begin starts the subscription, given who is to hear.
 */
export async function* iterate<V>(
  begin: (hear: (value: V) => void) => Promise<Subscription>,
  bound: StreamBound,
  signal?: AbortSignal,
): AsyncGenerator<V, void, undefined> {
  if (signal?.aborted) return;
  const queue: V[] = [];
  let failure: ProblemError | undefined;
  let wake = () => {};
  let isOver = false;
  const end = () => {
    isOver = true;
    wake();
  };
  signal?.addEventListener('abort', end, { once: true });
  const hear = (value: V) => {
    if (queue.length < bound.capacity) queue.push(value);
    else if (bound.full === 'fail') failure ??= overloaded(bound.capacity);
    else queue.splice(0, 1, value);
    wake();
  };
  try {
    using subscription = await begin(hear);
    void subscription.ended.then(end);
    while (!isOver) {
      const [value] = queue;
      if (queue.length > 0) {
        queue.shift();
        yield value as V;
      } else if (failure !== undefined) throw failure;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } catch (error) {
    // Giving up is how a caller ends the loop, before it has begun too.
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

function overloaded(capacity: number): ProblemError {
  const detail = `more than ${capacity} events wait to be read`;
  return ProblemError.refused('overloaded', 503, 'Too much work is waiting', detail);
}
