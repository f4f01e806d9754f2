import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ThingDescription } from '@thingtalk/core';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { counter } from '../support/counter.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { writeCertificate } from '../support/given-certificate.ts';
import { runCommand } from '../support/shell.ts';
import { startTlsWorld } from '../support/tls-world.ts';

test('curl trusts a gateway by name and address, and only with its authority', async () => {
  await using world = await startTlsWorld({ httpHost: '127.0.0.1' });
  const status = (url: string, ...options: string[]) =>
    runCommand(`curl -s -o /dev/null -w '%{http_code}' ${options.join(' ')} ${url}/health`);
  const machine = hostname().split('.', 1)[0];
  for (const name of ['localhost', '127.0.0.1', machine, `${machine}.local`]) {
    const place = `https://${name}:${world.httpsPort}`;
    const resolve = `--resolve ${name}:${world.httpsPort}:127.0.0.1`;
    expect(await status(place, '--cacert', world.caFile, resolve)).toBe('200');
    await expect(status(place, resolve)).rejects.toThrow();
  }
});

test('every form of a Thing leads to a door that is open, and none to a plain one', async () => {
  await using world = await startTlsWorld({}, { expose: [counter] });
  const url = `${world.gateway.httpUrl}/things/urn:dev:counter`;
  const td: ThingDescription = JSON.parse(
    await runCommand(`curl -sf --cacert ${world.caFile} ${url}`),
  );
  const affordances = [td.properties, td.actions, td.events].flatMap((part) =>
    Object.values(part ?? {}),
  );
  const forms = [
    ...(td.forms ?? []),
    ...affordances.flatMap((affordance) => affordance.forms ?? []),
  ];
  const places = new Set(
    forms
      .map(({ href }) => new URL(href, td.base ?? url))
      .map(({ protocol, host }) => `${protocol}//${host}`),
  );
  expect([...places].sort()).toEqual([
    `https://127.0.0.1:${world.httpsPort}`,
    `mqtts://127.0.0.1:${world.mqttsPort}`,
    `wss://127.0.0.1:${world.httpsPort}`,
  ]);
});

test('WebSocket, MQTT over TLS and MQTT over WebSocket are served behind the same certificate', async () => {
  await using world = await startTlsWorld({}, { expose: [counter] });
  const { ca, httpsPort, mqttsPort } = world;
  const socket = new WebSocket(`wss://localhost:${httpsPort}/ws`, 'webthingprotocol', { ca });
  await once(socket, 'open');
  socket.close();
  for (const url of [`mqtts://localhost:${mqttsPort}`, `wss://localhost:${httpsPort}/mqtt`]) {
    const client = await connectAsync(url, { ca, protocolVersion: 4 });
    const topic = new Promise<string>((resolve) => client.once('message', resolve));
    await client.subscribeAsync('things/urn:dev:counter/td');
    expect(await topic).toBe('things/urn:dev:counter/td');
    await client.endAsync();
  }
});

test('the same authority is served after a restart, and downloads as it is kept', async () => {
  await using world = await startTlsWorld();
  const { httpUrl, settings, trust } = world.gateway;
  const download = await runCommand(`curl -sf --cacert ${world.caFile} ${httpUrl}/ca.pem`);
  expect(download).toBe(world.ca);
  expect(world.log.some(({ fields }) => fields.authority === trust?.fingerprint)).toBe(true);
  await world.gateway.drain();
  await using again = await startGatewayWorld({
    ...settings,
    httpPort: 0,
    mqttPort: 0,
    mqttTlsPort: 0,
  });
  expect(again.gateway.trust?.fingerprint).toBe(trust?.fingerprint);
  expect(await readFile(join(settings.data, 'tls', 'ca.pem'), 'utf8')).toBe(world.ca);
});

test('with an authority of its own no browser is told to insist on TLS: it would lock people out', async () => {
  await using world = await startTlsWorld({ tlsNames: 'house.example' });
  const resolve = `--resolve house.example:${world.httpsPort}:127.0.0.1`;
  const head = await runCommand(
    `curl -si --cacert ${world.caFile} ${resolve} https://house.example:${world.httpsPort}/health`,
  );
  expect(head).toContain('200');
  expect(head.toLowerCase()).not.toContain('strict-transport-security');
});

test('the settings of given files are wanted whole', async () => {
  await expect(startGatewayWorld({ tlsMode: 'files' })).rejects.toThrow('--tls-certificate');
  await expect(startGatewayWorld({ tlsMode: 'own', tlsKey: 'key.pem' })).rejects.toThrow(
    '--tls-key',
  );
});

test('with a certificate from elsewhere browsers are told to insist on TLS, for names of the internet', async () => {
  await using given = await writeCertificate(Date.now());
  await using world = await startGatewayWorld({ ...given.settings });
  const { port } = new URL(world.gateway.httpUrl);
  const head = (name: string) =>
    runCommand(`curl -sik --resolve ${name}:${port}:127.0.0.1 https://${name}:${port}/health`);
  expect(await head('house.example')).toContain('strict-transport-security: max-age=15552000');
  expect(await head('localhost')).not.toContain('strict-transport-security');
  expect(world.gateway.trust).toBeUndefined();
  expect((await head('localhost')).startsWith('HTTP/1.1 200')).toBe(true);
});
