/** What a load program prints when it is done. */
export interface LoadResult {
  /** Operations per second, or a latency in microseconds: what the row measures. */
  readonly value: number;
  /** Processor time of the server's processes during the measurement, per operation, in microseconds. */
  readonly cpuUs?: number | undefined;
  /** Share of its own core that the load program used: near 1 it is itself the bottleneck. */
  readonly loadBusy?: number | undefined;
}

/** Reads the task a load program was started with. */
export function task<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** Hands the result back and leaves. */
export function finish(result: LoadResult): never {
  console.log(JSON.stringify(result));
  process.exit(0);
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Share of a core this process used between two calls: call the returned function at the end. */
export function watchOwnCpu(): () => number {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const used = process.cpuUsage(cpu);
    return (used.user + used.system) / 1000 / (performance.now() - start);
  };
}
