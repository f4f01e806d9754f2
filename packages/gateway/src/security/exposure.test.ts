import { describe, expect, it } from 'vitest';
import { completeSettings } from '../settings/load-settings.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { checkExposure, tlsModeOf } from './exposure.ts';

function mistakes(settings: Partial<GatewaySettings>): readonly string[] {
  try {
    checkExposure(completeSettings(settings));
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

describe('checkExposure', () => {
  it('keeps a demo to its own machine', () => {
    expect(mistakes({ security: 'demo' })).toEqual([]);
    for (const host of ['0.0.0.0', '::', '192.168.1.7', 'example.org', '127.0.0.1.example.org']) {
      const why =
        'a demo has no security, so it serves this machine alone; --security on serves others';
      expect(mistakes({ security: 'demo', httpHost: host, mqttHost: host })).toEqual([
        `--http-host: '${host}' is not a loopback address: ${why}`,
        `--mqtt-host: '${host}' is not a loopback address: ${why}`,
      ]);
    }
  });

  it('lets nothing leave the machine in the clear', () => {
    expect(mistakes({ httpHost: '0.0.0.0' })).toEqual([]);
    expect(mistakes({ tlsMode: 'off' })).toEqual([]);
    expect(mistakes({ tlsMode: 'off', httpHost: '0.0.0.0' })[0]).toContain('without TLS');
  });

  it('wants a place for people and their rights', () => {
    expect(mistakes({ database: 'none' })[0]).toMatch(/^--database: with security/);
    expect(mistakes({ database: 'none', security: 'demo' })).toEqual([]);
  });
});

describe('tlsModeOf', () => {
  it('is its own authority with security, and nothing in a demo, unless the settings say otherwise', () => {
    expect(tlsModeOf(completeSettings({}))).toBe('own');
    expect(tlsModeOf(completeSettings({ security: 'demo' }))).toBe('off');
    expect(tlsModeOf(completeSettings({ security: 'demo', tlsMode: 'own' }))).toBe('own');
    expect(tlsModeOf(completeSettings({ tlsMode: 'off' }))).toBe('off');
  });
});
