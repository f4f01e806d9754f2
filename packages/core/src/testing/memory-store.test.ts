import { MemoryDocuments, MemoryStore } from './memory-store.ts';
import { storeConformance } from './store-conformance.ts';

storeConformance('MemoryStore', async () => {
  const documents = new MemoryDocuments();
  return {
    open: async () => new MemoryStore(documents),
    [Symbol.asyncDispose]: async () => {},
  };
});
