// Things of our SDK in a process that is killed: `things-program.ts <broker> <directory> <first> <count>`.
import { defineThing, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { openThingMemory } from '@thingtalk/storage/outbox';
import { Diary } from './diary.ts';
import { thingId } from './things.ts';

const [url = '', directory = '', first = '0', count = '1'] = process.argv.slice(2);
const diary = Diary.in(directory);
const past = diary.read();
const retryMs = { first: 20, longest: 200 };
const memory = await openThingMemory({ directory });
const servient = new Servient({ bus: await MqttBus.connect(url, { retryMs }), memory });

function countingThing(id: string) {
  const mine = past.filter(({ thing }) => thing === id);
  let total = mine.findLast(({ did }) => did === 'ran')?.value ?? 0;
  const integer = { type: 'integer' } as const;
  return defineThing(
    id,
    {
      title: 'One that counts',
      properties: { a: integer, b: integer },
      actions: { add: { input: integer, output: integer } },
      events: { counted: { data: integer } },
    },
    {
      initial: { a: 0, b: 0 },
      write: {
        a(value, thing) {
          diary.write({ did: 'wrote', thing: id, name: 'a', value });
          thing.emit('counted', value);
          // What is said is in the outbox on disk: from here on it must not be lost.
          diary.write({ did: 'emitted', thing: id, value });
        },
        b: (value) => diary.write({ did: 'wrote', thing: id, name: 'b', value }),
      },
      actions: {
        add(input, run) {
          total += input;
          diary.write({ did: 'ran', thing: id, id: run.id, value: total });
          return total;
        },
      },
    },
  );
}

for (let n = Number(first); n < Number(first) + Number(count); n++) {
  await servient.expose(countingThing(thingId(n)));
}
console.log('serves');
