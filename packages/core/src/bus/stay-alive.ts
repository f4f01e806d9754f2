/**
 * Keeps the process alive until disposed of, as an open socket does.
 *
 * A clock's timers do not: without this, a program that only serves Things would end while its broker is away.
 */
export function stayAlive(): Disposable {
  const timer = setInterval(() => {}, 0x7fffffff);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
