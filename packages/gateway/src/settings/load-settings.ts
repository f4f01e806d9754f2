import { readFileSync } from 'node:fs';
import { kinds } from './kinds.ts';
import { type SettingMistake, SettingsError } from './settings-error.ts';
import { suggest } from './suggest.ts';
import {
  defaultSettings,
  type GatewaySettings,
  type SettingName,
  settingRows,
  settings,
} from './table.ts';
import { readYamlSettings, type Written, type WrittenSetting } from './yaml-settings.ts';

/** Where settings are written. */
export interface SettingSources {
  /** By name, as a flag parser gives them: `{ httpPort: '8080' }`; others' flags are ignored. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Environment variables, usually `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a YAML file. */
  readonly file?: string;
}

/**
 * Brings the settings together: a flag wins over the environment, that over the YAML file, that over the default.
 *
 * @throws {@link SettingsError} with all that is wrong, each with its place.
 */
export function loadSettings(sources: SettingSources = {}): GatewaySettings {
  const found = [
    sources.file === undefined ? nothing : readFile(sources.file),
    readEnvironment(sources.env ?? {}),
    readFlags(sources.flags ?? {}),
  ];
  const mistakes: SettingMistake[] = found.flatMap((written) => written.mistakes);
  const values: Partial<Record<SettingName, string | number>> = {};
  for (const written of found.flatMap((part) => part.settings)) {
    try {
      values[written.name] = readValue(written);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      mistakes.push({ place: written.place, detail: error.message });
    }
  }
  if (mistakes.length > 0) throw new SettingsError(mistakes);
  return { ...defaultSettings, ...(values as Partial<GatewaySettings>) };
}

/**
 * Completes and checks settings that a program gives.
 *
 * @throws {@link SettingsError} as {@link loadSettings} does.
 */
export function completeSettings(settings: Partial<GatewaySettings>): GatewaySettings {
  return loadSettings({ flags: settings });
}

const nothing: Written = { settings: [], mistakes: [] };

function readValue({ name, text }: WrittenSetting): string | number {
  return kinds[settings[name].kind].read(text);
}

function readFile(file: string): Written {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { settings: [], mistakes: [{ place: file, detail: (error as Error).message }] };
  }
  return readYamlSettings(text, file);
}

function readFlags(flags: Readonly<Record<string, unknown>>): Written {
  const written = settingRows.flatMap(({ name, flag }) => {
    const value = flags[name];
    return value === undefined ? [] : [{ name, text: String(value), place: flag }];
  });
  return { settings: written, mistakes: [] };
}

const prefix = 'THINGTALK_';
const variables = settingRows.map((row) => row.environment.slice(prefix.length));

/** An empty variable is as good as none: that is how shells unset one for a command. */
function readEnvironment(env: Readonly<Record<string, string | undefined>>): Written {
  const written = settingRows.flatMap(({ name, environment }) => {
    const text = env[environment];
    return text === undefined || text === '' ? [] : [{ name, text, place: environment }];
  });
  return { settings: written, mistakes: Object.keys(env).flatMap(misspelt) };
}

/** Variables that are nobody's are left alone, for they may be meant for other programs; near misses are not. */
function misspelt(variable: string): readonly SettingMistake[] {
  const name = variable.startsWith(prefix) ? variable.slice(prefix.length) : '';
  if (name === '' || variables.includes(name)) return [];
  const meant = suggest(name, variables);
  if (meant === undefined) return [];
  return [{ place: variable, detail: `this is no setting; did you mean ${prefix}${meant}?` }];
}
