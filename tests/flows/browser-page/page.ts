import { connect } from '@thingtalk/client';
import { consumeThing, defineThing, MemoryBus, openThings, Servient } from '@thingtalk/core';

/** A Thing that is exposed and consumed inside the page, over a bus in its memory. */
async function inside(): Promise<unknown> {
  const bus = new MemoryBus();
  await using twins = await openThings({ bus });
  await using servient = new Servient({ bus });
  const definition = defineThing(
    'urn:test:page-lamp',
    {
      title: 'Lamp of a page',
      properties: {
        level: { type: 'integer', maximum: 100 },
        name: { type: 'string', pattern: '^a+$' },
      },
    },
    { initial: { level: 1, name: 'a' } },
  );
  await servient.expose(definition);
  const lamp = consumeThing(twins.things, definition);
  await lamp.writeProperty('level', 40);
  const refused = await lamp.writeProperty('name', 'b').catch((error: Error) => error.name);
  return { level: await lamp.readProperty('level'), refused };
}

/** A Thing of the gateway this page came from. */
async function outside(): Promise<unknown> {
  await using client = await connect(location.origin);
  const lamp = await client.consume('urn:test:lamp');
  const levels: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await lamp.observeProperty('level', (level) => {
    levels.push(level);
    if (level === 7) resolve();
  });
  await lamp.writeProperty('level', 7);
  await promise;
  return levels;
}

/** Whether the policy is as strict as the test means it to be. */
function isEvalForbidden(): boolean {
  try {
    new Function('return 1')();
    return false;
  } catch {
    return true;
  }
}

const answer = {
  inside: await inside(),
  outside: await outside(),
  isEvalForbidden: isEvalForbidden(),
};
document.body.textContent = JSON.stringify(answer);
document.title = 'done';
