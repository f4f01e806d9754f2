import { Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { openThingMemory } from '@thingtalk/storage/outbox';
import { counter } from './counter.ts';

// A Thing with a memory on disk in a process of its own, for tests that kill it:
// `counter-process.ts <broker> <directory> <first> <last> [<level>]` counts from the first to the last, reports
// the level, then says so.
const [url = '', directory = '', first = '1', last = '0', level] = process.argv.slice(2);
const memory = await openThingMemory({ directory });
const thing = await new Servient({ bus: await MqttBus.connect(url), memory }).expose(counter);
for (let count = Number(first); count <= Number(last); count++) thing.emit('counted', count);
if (level !== undefined) thing.report('level', Number(level));
console.log('counted');
await thing.stored();
console.log('stored');
