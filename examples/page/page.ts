import { type ConsumedThing, connect } from '@thingtalk/client';

type Property = NonNullable<ConsumedThing['td']['properties']>[string];

/** A value's place on the page: shows what the Thing says, and asks for what somebody chooses. */
interface Control {
  readonly element: HTMLElement;
  show(value: unknown): void;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  members: Partial<HTMLElementTagNameMap[K]>,
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), members);
  element.append(...children);
  return element;
}

function toggle(write: (value: boolean) => void): Control {
  const input = make('input', { type: 'checkbox' });
  input.onchange = () => write(input.checked);
  return {
    element: input,
    show: (value) => {
      input.checked = value === true;
    },
  };
}

function slider({ minimum, maximum }: Property, write: (value: number) => void): Control {
  const input = make('input', { type: 'range', min: String(minimum), max: String(maximum) });
  input.onchange = () => write(input.valueAsNumber);
  return {
    element: input,
    show: (value) => {
      input.valueAsNumber = Number(value);
    },
  };
}

const units: Readonly<Record<string, string>> = {
  percent: '%',
  'degree celsius': '°C',
  watt: 'W',
  'kilowatt hour': 'kWh',
};

function text({ unit = '' }: Property): Control {
  const element = make('output', {});
  return {
    element,
    show: (value) => {
      element.value = `${value} ${units[unit] ?? unit}`;
    },
  };
}

function control(thing: ConsumedThing, name: string, property: Property): Control {
  const write = (value: boolean | number) => void thing.writeProperty(name, value).catch(report);
  if (property.readOnly) return text(property);
  if (property.type === 'boolean') return toggle(write);
  if (property.maximum !== undefined && property.type === 'integer') return slider(property, write);
  return text(property);
}

async function showThing(thing: ConsumedThing): Promise<void> {
  const { title, description = '', properties = {} } = thing.td;
  const card = make(
    'article',
    { id: thing.id },
    make('h2', { textContent: title }),
    make('p', { textContent: description }),
  );
  const controls = new Map<string, Control>();
  for (const [name, property] of Object.entries(properties)) {
    const made = control(thing, name, property);
    controls.set(name, made);
    const label = make('span', { textContent: property.title ?? name });
    card.append(make('label', {}, label, made.element));
  }
  document.querySelector('#things')?.append(card);
  await thing.observeAll(({ name, value }) => controls.get(name)?.show(value));
}

const status = make('p', { id: 'status' });
document.querySelector('#status')?.replaceWith(status);

function report(error: unknown): void {
  status.textContent = String(error);
}

const client = await connect(location.origin);
client.onStatus(({ state }) => {
  status.textContent = state;
  status.dataset.state = state;
});
for (const { id } of await client.things()) await showThing(await client.consume(id)).catch(report);
