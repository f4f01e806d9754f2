import { Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import lamp from '@thingtalk/examples/lamp';

// A Thing in a process of its own, for tests that kill it: `lamp-process.ts <broker> <keepalive in seconds>`.
const [url = '', keepalive = '15'] = process.argv.slice(2);
const bus = await MqttBus.connect(url, { keepaliveSeconds: Number(keepalive) });
const thing = await new Servient({ bus }).expose(lamp);
console.log(`exposed ${thing.id}`);
