/** npm `webthing`: the WebThings framework for Node, serving the lamp; or, with `--many`, as many lamps as it is told. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import webthing from 'webthing';
import { runServer } from './contract.ts';
import { counterSchema, lampId, lampIdOf, lampTd, panelId, panelNames } from './lamp.ts';

const { Action, MultipleThings, Property, SingleThing, Thing, Value, WebThingServer } = webthing;

type Lamp = InstanceType<typeof Thing>;

class Fade extends Action {
  constructor(thing: Lamp, input: unknown) {
    super(randomUUID(), thing, 'fade', input as never);
  }

  override async performAction(): Promise<void> {}
}

function lamp(id: string, number = 0) {
  const td = lampTd(number);
  const thing = new Thing(id, td.title, [...td['@type']], td.description);
  thing.addProperty(new Property(thing, 'on', new Value(true), { ...td.properties.on }));
  thing.addProperty(
    new Property(thing, 'brightness', new Value(50), { ...td.properties.brightness }),
  );
  const { input, title, description } = td.actions.fade;
  const schema = { ...input, required: [...input.required] };
  thing.addAvailableAction('fade', { title, description, input: schema }, Fade);
  thing.addAvailableEvent('overheated', {
    description: td.events.overheated.description,
    ...td.events.overheated.data,
  });
  return thing;
}

const counters = panelNames.map((name) => ({ name, value: new Value(0) }));

function panel() {
  const thing = new Thing(panelId, 'Panel', [], '');
  for (const { name, value } of counters) {
    thing.addProperty(new Property(thing, name, value, { ...counterSchema }));
  }
  return thing;
}

const many = process.argv.includes('--many');
const lamps: ReturnType<typeof lamp>[] = [];
const things = process.argv.includes('--panel')
  ? new SingleThing(panel())
  : many
    ? new MultipleThings(lamps, 'lamps')
    : new SingleThing(lamp(lampId));

const server = new WebThingServer(things, 0, undefined, undefined, undefined, '/', true);
// Listened on directly: start() would announce it on the network by mDNS, which is noise here.
const http = server.server;
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

await runServer({
  port: (http.address() as AddressInfo).port,
  change: (count, value) => {
    for (const counter of counters.slice(0, count)) counter.value.notifyOfExternalUpdate(value);
  },
  populate: (count) => {
    for (let n = 0; n < count; n++) {
      const thing = lamp(lampIdOf(n + 1), n + 1);
      thing.setHrefPrefix(`/${n}`);
      lamps.push(thing);
    }
  },
  count: () => lamps.length,
});
