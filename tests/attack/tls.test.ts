import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { FakeClock } from '@thingtalk/core/testing';
import { startGateway } from '@thingtalk/gateway';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { writeCertificate } from '../support/given-certificate.ts';
import { outcomeOf, startTlsWorld, textOf } from '../support/tls-world.ts';

// T2, T3 and T6 are about certificates of clients, which no door asks for yet: devices prove themselves by a secret.

/** With which Node's own client speaks what is out of date. */
const weakest = 'ALL:@SECLEVEL=0';

describe('T1: an older TLS, or weak ciphers', () => {
  const old = ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const;

  test('neither HTTPS nor MQTT speaks anything older than TLS 1.3', async () => {
    await using world = await startTlsWorld();
    for (const port of [world.httpsPort, world.mqttsPort]) {
      for (const version of old) {
        const options = { minVersion: version, maxVersion: version, ciphers: weakest } as const;
        expect(await outcomeOf(world.tls(port, options))).toBe(
          'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
        );
      }
      expect(await outcomeOf(world.tls(port))).toBe('TLSv1.3');
    }
  });

  test('an MQTT device may speak TLS 1.2 where that is set, with forward secrecy and AEAD alone', async () => {
    await using world = await startTlsWorld({ mqttTls12: 'on' });
    const outcome = (ciphers: string, version: (typeof old)[number] = 'TLSv1.2') =>
      outcomeOf(world.tls(world.mqttsPort, { minVersion: version, maxVersion: version, ciphers }));
    expect(await outcome('ECDHE-ECDSA-AES128-GCM-SHA256')).toBe('TLSv1.2');
    for (const weak of ['ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0', 'AES128-GCM-SHA256', 'AES128-SHA']) {
      expect(await outcome(weak)).toMatch(/HANDSHAKE_FAILURE/);
    }
    expect(await outcome(weakest, 'TLSv1.1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    const https = { maxVersion: 'TLSv1.2' } as const;
    expect(await outcomeOf(world.tls(world.httpsPort, https))).toBe(
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    );
  });

  test('a client that would speak both is not talked down', async () => {
    await using world = await startTlsWorld({ mqttTls12: 'on' });
    expect(await outcomeOf(world.tls(world.mqttsPort, { minVersion: 'TLSv1.2' }))).toBe('TLSv1.3');
  });
});

describe('T4: a certificate out of its time', () => {
  const now = '2026-11-24T12:00:00Z';

  test.each([
    ['2026-06-01T12:00:00Z', 'expired on 2026-08-29'],
    ['2027-06-01T12:00:00Z', 'is valid only from 2027-05-31 on'],
  ])('issued %s: no gateway starts with it, and it says why', async (issued, reason) => {
    await using given = await writeCertificate(issued);
    const clock = new FakeClock(now);
    await expect(startGateway(given.settings, { clock })).rejects.toThrow(reason);
  });

  test('it does not take the place of one that is valid', async () => {
    await using given = await writeCertificate('2026-11-01T12:00:00Z');
    const clock = new FakeClock(now);
    const warnings: string[] = [];
    const quiet = () => {};
    const warn = (fields: object) => void warnings.push(JSON.stringify(fields));
    const logger = { debug: quiet, info: quiet, error: quiet, warn };
    await using gateway = await startGateway(given.settings, { clock, logger });
    await given.write('2026-06-01T12:00:00Z');
    const told = () => warnings.some((line) => line.includes('expired on 2026-08-29'));
    while (!told()) await clock.advance(60_000);
    const { port } = new URL(gateway.httpUrl);
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().valid_from).toContain('Oct 31');
    socket.destroy();
  });
});

describe('T5: a name that the certificate does not hold', () => {
  test('whoever asks by another name finds no trust, whatever is sent as SNI', async () => {
    await using world = await startTlsWorld({ tlsNames: 'house.example, 192.0.2.99' });
    const outcome = (servername: string) =>
      outcomeOf(world.tls(world.httpsPort, { servername, host: '127.0.0.1' }));
    expect(await outcome('house.example')).toBe('TLSv1.3');
    expect(await outcome('localhost')).toBe('TLSv1.3');
    for (const name of ['evil.example', 'house.example.evil.example', 'a.house.example']) {
      expect(await outcome(name)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    }
  });

  test('whoever does not trust its authority does not trust it', async () => {
    await using world = await startTlsWorld();
    await using other = await startTlsWorld();
    expect(await outcomeOf(world.tls(world.httpsPort, { ca: other.ca }))).toMatch(
      /UNABLE_TO_VERIFY|SIGNATURE/,
    );
  });
});

describe('T8: renegotiation and floods of handshakes', () => {
  test('nobody renegotiates', async () => {
    await using world = await startTlsWorld({ mqttTls12: 'on' });
    const socket = world.tls(world.mqttsPort, { maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const failed = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(String(error)));
    });
    // What is refused is told by the callback or as an error of the connection.
    const told = new Promise<string>((resolve) => {
      socket.renegotiate({}, (error) => resolve(String(error)));
    });
    expect(await Promise.race([failed, told])).toContain('no renegotiation');
    socket.destroy();
    expect(await outcomeOf(world.tls(world.mqttsPort))).toBe('TLSv1.3');
  });

  test('500 handshakes that never end cut themselves off, and others are served meanwhile', async () => {
    await using world = await startTlsWorld();
    for (const port of [world.httpsPort, world.mqttsPort]) {
      const flood = Array.from({ length: 500 }, () => {
        const socket = world.tcp(port, '127.0.0.2');
        socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
        return socket;
      });
      const cut = flood.map((socket) => once(socket.resume(), 'close').catch(() => {}));
      const left = () => flood.filter((socket) => !socket.destroyed).length;
      while (left() > 32) await Promise.race(cut.filter((_, at) => !flood[at]?.destroyed));
      expect(await outcomeOf(world.tls(port))).toBe('TLSv1.3');
      for (const socket of flood) socket.destroy();
    }
  });

  test('plain HTTP is told that this port speaks HTTPS, plain MQTT is cut off', async () => {
    await using world = await startTlsWorld();
    const http = world.tcp(world.httpsPort);
    http.write('GET /things HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const answer = await textOf(http);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('this port speaks HTTPS');
    const mqtt = world.tcp(world.mqttsPort);
    mqtt.write(Buffer.from('101000044d5154540402003c000474657374', 'hex'));
    expect(await textOf(mqtt)).toBe('');
  });

  test('random bytes, before and inside of the handshake, leave the doors open to others', async () => {
    await using world = await startTlsWorld();
    for (const port of [world.httpsPort, world.mqttsPort]) {
      for (const first of [0x00, 0x16, 0x80, 0xff]) {
        const socket = world.tcp(port);
        socket.end(Buffer.concat([Buffer.from([first]), randomBytes(2_000)]));
        await once(socket.resume(), 'close').catch(() => {});
      }
      expect(await outcomeOf(world.tls(port))).toBe('TLSv1.3');
    }
    const client = await connectAsync(`mqtts://localhost:${world.mqttsPort}`, { ca: world.ca });
    await client.endAsync();
  });
});
