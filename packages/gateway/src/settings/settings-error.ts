/** One thing that is wrong in the settings. */
export interface SettingMistake {
  /** Where it stands: `--http-port`, `THINGTALK_HTTP_PORT` or `thingtalk.yaml:3:9`. */
  readonly place: string;
  /** What is wrong there, in a sentence. */
  readonly detail: string;
}

/** Everything that is wrong in the settings, at once; its message has a line for each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly mistakes: readonly SettingMistake[];

  constructor(mistakes: readonly SettingMistake[]) {
    super(mistakes.map(({ place, detail }) => `${place}: ${detail}`).join('\n'));
    this.mistakes = mistakes;
  }
}
