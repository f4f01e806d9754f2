import { connect } from '@thingtalk/client';
import lamp from '../lamp/lamp.ts';

/**
 * Uses the lamp from another program: names, value types and inputs are checked by the compiler.
 *
 *     npx thingtalk expose examples/lamp/lamp.ts --http 8081
 *     node -C @thingtalk/source examples/consumer/consumer.ts http://127.0.0.1:8081
 */
const [url = 'http://127.0.0.1:8080'] = process.argv.slice(2);
await using client = await connect(url);

for (const { id, title } of await client.things()) console.log(`${title} (${id})`);

const light = await client.consume(lamp);
await light.subscribeEvent('overheated', (celsius) => console.log(`overheated: ${celsius} °C`));
await light.observeProperty('brightness', (percent) => console.log(`brightness: ${percent} %`));

await light.writeProperty('brightness', 25);
const fade = await light.invokeAction('fade', { brightness: 75, duration: 200 });
await fade.ended;
