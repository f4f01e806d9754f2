import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import lamp from '@thingtalk/examples/lamp';
import { pageRoutes } from '@thingtalk/examples/page';
import { describe, expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';
import { hasMosquitto } from '../support/mosquitto.ts';
import { startCommand } from '../support/shell.ts';

test('the lamp starts lit at half, and fades in one step at the end, overheating', async () => {
  await using world = await startGatewayWorld({}, { expose: [lamp] });
  const { things } = world.gateway;
  expect(await things.readProperties(lamp.id)).toEqual({ on: true, brightness: 50 });
  const notes: unknown[] = [];
  things.watch(lamp.id, (note) => {
    if (note.kind === 'property') notes.push([note.name, note.state.value]);
    if (note.kind === 'event') notes.push([note.name, note.data]);
  });
  await things.invokeAction(lamp.id, 'fade', { brightness: 80, duration: 20 });
  await world.when(lamp.id, () => notes.length === 2);
  expect(notes).toEqual([
    ['brightness', 80],
    ['overheated', 102],
  ]);
});

test('the consumer lists, watches and sets', async () => {
  await using world = await startGatewayWorld({}, { expose: [lamp] });
  const program = 'node -C @thingtalk/source examples/consumer/consumer.ts';
  await using consumer = startCommand(`${program} ${world.gateway.httpUrl}`);
  await consumer.says(/overheated: 102 °C/);
  expect(consumer.said).toContain('My Lamp (urn:dev:ops:my-lamp-1234)');
  const heard = consumer.said.match(/(?<=brightness: )\d+/g) ?? [];
  expect(heard).toEqual(['50', '25', '75']);
});

describe.skipIf(!hasMosquitto())('the bare device', () => {
  /** The shell commands of the page, block by block, for a gateway on ports of its own. */
  function blocks({ gateway }: GatewayWorld): readonly string[] {
    const page = readFileSync(join(root, 'examples/bare-device/README.md'), 'utf8');
    const ports = [
      `MQTT_PORT=${new URL(gateway.mqttUrl).port}`,
      `HTTP_PORT=${new URL(gateway.httpUrl).port}`,
    ];
    const code = [...page.matchAll(/```bash\n(.*?)```/gs)].map(([, block = '']) => block);
    const broker = code[0]?.split('\n')[0] ?? '';
    return code.map((block) => [...ports, broker, block].join('\n'));
  }

  const run = (script: string) => startCommand(`bash -c ${quote(script)}`);
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

  test('does what its page says, command by command', async () => {
    await using world = await startGatewayWorld();
    const [announce = '', read = '', listen = '', write = '', remove = ''] = blocks(world);
    const id = 'urn:thing:greenhouse';
    await using announced = run(announce);
    await world.when(id, (thing) => thing.property('window')?.value === 0);
    await announced.stop();

    await using reader = run(read);
    await reader.says(/24\.5/);

    // The wish may come before the device listens; it is asked until it was heard.
    await using device = run(listen);
    const opened = world.when(id, (thing) => thing.property('window')?.value === 30);
    let isOpen = false;
    void opened.then(() => {
      isOpen = true;
    });
    while (!isOpen) {
      await using writer = run(write);
      await Promise.race([opened, writer.says(/"status":503/).catch(() => undefined)]);
    }
    await device.stop();

    await using remover = run(remove);
    await world.gone(id);
    await remover.stop();
  });
});

describe.skipIf(!hasChromium())('the page', () => {
  test('shows each Thing live, and switches it', async () => {
    await using world = await startGatewayWorld({}, { expose: [lamp], routes: pageRoutes });
    const { things } = world.gateway;
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${world.gateway.httpUrl}/page/index.html`);
      const card = page.locator(`article[id="${lamp.id}"]`);
      await card.getByRole('heading', { name: 'My Lamp' }).waitFor();
      const toggle = card.getByLabel('On/Off');
      await page.locator('article input:checked').first().waitFor();
      await toggle.uncheck();
      await world.when(lamp.id, (thing) => thing.property('on')?.value === false);
      await things.writeProperties(lamp.id, { on: true });
      await page.locator('article input:checked').first().waitFor();
      expect(await page.locator('#status').getAttribute('data-state')).toBe('connected');
    } finally {
      await browser.close();
    }
  }, 60_000);
});
