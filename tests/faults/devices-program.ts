// Bare devices in a process that is killed, in nothing but MQTT and JSON: `devices-program.ts <broker> <directory> <name>...`.
import { connect } from 'mqtt';
import { Diary } from './diary.ts';

const [url = '', directory = '', ...names] = process.argv.slice(2);
const diary = Diary.in(directory);
const td = JSON.stringify({ title: 'A bare device', properties: { a: { type: 'integer' } } });
const retained = { retain: true, qos: 1 } as const;

async function serve(name: string): Promise<void> {
  const topic = `things/${name}`;
  const past = diary.read().findLast(({ thing }) => thing === name);
  let value = past?.value ?? 0;
  const offline = { topic: `${topic}/status`, payload: '{"online":false}', retain: true } as const;
  const client = connect(url, { reconnectPeriod: 50, will: { ...offline, qos: 1 } });
  // Where nobody listens, it tries again.
  client.on('error', () => {});
  const say = () => {
    client.publish(`${topic}/values`, JSON.stringify({ a: value }), retained);
  };
  client.on('message', (_topic, payload) => {
    const wish = JSON.parse(payload.toString()) as { readonly a: number };
    value = wish.a;
    diary.write({ did: 'wrote', thing: name, name: 'a', value });
    say();
  });
  const connected = Promise.withResolvers<void>();
  client.on('connect', () => {
    client.subscribe(`${topic}/set`);
    client.publish(`${topic}/td`, td, retained);
    client.publish(`${topic}/status`, '{"online":true}', retained);
    say();
    connected.resolve();
  });
  await connected.promise;
}

await Promise.all(names.map(serve));
console.log('serves');
