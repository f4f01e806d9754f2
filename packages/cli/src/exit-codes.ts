/** What the process ends with; docs/guides and `thingtalk --help` are written from it. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  problem: { code: 1, meaning: 'the gateway or the thing refused, or a check of doctor failed' },
  usage: { code: 2, meaning: 'the command, a setting or the file given to it is wrong' },
  unreachable: { code: 3, meaning: 'no gateway or broker answers there' },
  internal: { code: 70, meaning: 'a bug in thingtalk itself' },
  interrupted: { code: 130, meaning: 'interrupted by Ctrl-C before it was done' },
} as const satisfies Readonly<Record<string, { readonly code: number; readonly meaning: string }>>;

/** A row of {@link exitCodes}. */
export type ExitName = keyof typeof exitCodes;

/** The exit codes, as the help shows them. */
export function exitCodesText(): string {
  const rows = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return `Exit codes:\n${rows.join('\n')}`;
}
