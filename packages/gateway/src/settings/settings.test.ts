import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { completeSettings, loadSettings, type SettingSources } from './load-settings.ts';
import { SettingsError } from './settings-error.ts';
import { editDistance, suggest } from './suggest.ts';
import { defaultSettings, settingRows } from './table.ts';
import { readYamlSettings } from './yaml-settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'thingtalk-settings-'));
afterAll(() => rmSync(directory, { recursive: true }));

function yamlFile(text: string): string {
  const file = join(directory, 'thingtalk.yaml');
  writeFileSync(file, text);
  return file;
}

function mistakesOf(sources: SettingSources): readonly string[] {
  try {
    loadSettings(sources);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.message.replaceAll(`${directory}/`, '').split('\n');
  }
}

describe('loadSettings', () => {
  it('gives the defaults when nothing is written', () => {
    expect(loadSettings()).toEqual(defaultSettings);
    expect(loadSettings({ file: yamlFile('') })).toEqual(defaultSettings);
    expect(loadSettings({ file: yamlFile('# nothing\nhttp:\n') })).toEqual(defaultSettings);
  });

  it('lets a flag win over the environment, that over the file, that over the default', () => {
    const file = yamlFile('http:\n  port: 1\nmqtt:\n  port: 2\ndata: kept');
    const env = { THINGTALK_MQTT_PORT: '3', THINGTALK_HTTP_PORT: '4' };
    const { httpPort, mqttPort, data, logLevel } = loadSettings({
      file,
      env,
      flags: { httpPort: '5' },
    });
    expect({ httpPort, mqttPort, data, logLevel }).toEqual({
      httpPort: 5,
      mqttPort: 3,
      data: 'kept',
      logLevel: 'info',
    });
  });

  it('tells all that is wrong at once, each with its place', () => {
    const file = yamlFile('http:\n  port: eighty\nlog: { levle: debug }\n');
    const env = { THINGTALK_MQTT_PORT: '65536', THINGTALK_HTP_PORT: '1', THINGTALK_TEST: 'x' };
    expect(mistakesOf({ file, env, flags: { logLevel: 'loud' } })).toEqual([
      "thingtalk.yaml:3:8: 'log.levle' is no setting; did you mean 'log.level'?",
      'THINGTALK_HTP_PORT: this is no setting; did you mean THINGTALK_HTTP_PORT?',
      "thingtalk.yaml:2:9: 'eighty' is not a whole number from 0 to 65535",
      "THINGTALK_MQTT_PORT: '65536' is not a whole number from 0 to 65535",
      "--log-level: 'loud' is none of trace, debug, info, warn, error, fatal, silent",
    ]);
  });

  it('takes addresses and host names to listen at', () => {
    for (const host of ['0.0.0.0', '192.168.1.7', '::', '::1', 'localhost', 'hub.example']) {
      expect(loadSettings({ flags: { httpHost: host } }).httpHost).toBe(host);
    }
    expect(mistakesOf({ flags: { mqttHost: 'not a host' } })).toEqual([
      "--mqtt-host: 'not a host' is neither an address nor a host name",
    ]);
  });

  it('says so when the file is not there', () => {
    expect(mistakesOf({ file: join(directory, 'none.yaml') })[0]).toMatch(/^none\.yaml: ENOENT/);
  });

  it('takes what a program gives, and checks it the same', () => {
    expect(completeSettings({ httpPort: 0 }).httpPort).toBe(0);
    expect(() => completeSettings({ httpPort: 70_000 })).toThrow(SettingsError);
  });

  it('never throws anything but a SettingsError that names places, whatever is in the environment', () => {
    const variable = fc.constantFrom(...settingRows.map((row) => row.environment));
    void fc.assert(
      fc.property(fc.dictionary(fc.oneof(variable, fc.string()), fc.string()), (env) => {
        for (const mistake of mistakesOf({ env })) expect(mistake).not.toBe('');
      }),
    );
  });
});

describe('readYamlSettings', () => {
  const at = (text: string) => readYamlSettings(text, 'f').mistakes.map(({ place }) => place);

  it('names line and column of what is wrong', () => {
    expect(at('http:\n  prot: 1')).toEqual(['f:2:3']);
    expect(at('http: 7')).toEqual(['f:1:7']);
    expect(at('- http')).toEqual(['f:1:1']);
    expect(at('data: [a]')).toEqual(['f:1:7']);
    expect(at('data:')).toEqual(['f:1:6']);
    expect(at('data: a\ndata: b')).toEqual(['f:2:1']);
    expect(at('http: {port: 1')[0]).toMatch(/^f:1:/);
    expect(at('? {a: 1}\n: 2')).toEqual(['f:1:3']);
  });

  it('finds nothing in the names of Object.prototype', () => {
    expect(at('__proto__: 1\nhttp:\n  __proto__: 1\nconstructor: 2')).toEqual([
      'f:1:1',
      'f:3:3',
      'f:4:1',
    ]);
  });

  it('never throws, and places every mistake, whatever the text', () => {
    const piece = fc.constantFrom(
      'http',
      ':',
      ' ',
      '\n',
      '  ',
      'port',
      '8080',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '"',
      "'",
      '|',
      '>',
      '!!binary ',
      '<<',
      '? ',
      '#',
      '\t',
      '\0',
      'data',
      '---\n',
      '...',
      '%YAML 1.2\n',
      'é',
      '\u{1f600}',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((parts) => parts.join('')),
    );
    void fc.assert(
      fc.property(text, (yaml) => {
        const { mistakes, settings } = readYamlSettings(yaml, 'f');
        for (const { place } of [...mistakes, ...settings])
          expect(place).toMatch(/^f:[1-9]\d*:[1-9]\d*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('suggest', () => {
  it('offers what is near, and nothing when nothing is', () => {
    expect(suggest('prot', ['port', 'host'])).toBe('port');
    expect(suggest('HTTP.PORT', ['http.port'])).toBe('http.port');
    expect(suggest('zebra', ['port', 'host'])).toBeUndefined();
  });

  it('measures a distance: symmetric, zero for the same alone, and the triangle holds', () => {
    const word = fc.string({ maxLength: 8 });
    void fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe('the table of settings', () => {
  it('names each setting the same in all its places', () => {
    for (const { name, path, flag } of settingRows) {
      const camel = path.replace(/[.-](.)/g, (_, letter: string) => letter.toUpperCase());
      expect(camel).toBe(name);
      expect(flag).toBe(`--${path.replace('.', '-')}`);
    }
  });
});
