import { thingMemoryConformance } from '../testing/thing-memory-conformance.ts';
import { VolatileMemory } from './memory-outbox.ts';

thingMemoryConformance('the memory of a process', async () => {
  const memory = new VolatileMemory(2_500);
  return { open: async () => memory, async [Symbol.asyncDispose]() {} };
});
