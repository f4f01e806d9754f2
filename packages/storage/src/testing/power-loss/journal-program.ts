// Takes steps in a journal and its documents; see take-steps.ts.
import { openSqlite } from '../../sqlite/open-sqlite.ts';
import { ballastBytes, journalStep, subjects } from './journal-steps.ts';
import { takeSteps } from './take-steps.ts';

const [directory = ''] = process.argv.slice(2);
const storage = await openSqlite({ directory, ballastBytes });

await takeSteps(
  (n) => {
    const step = journalStep(n);
    if (step.kind === 'entry') {
      const { entry, patient } = step;
      return { done: storage.journal.append(entry, { patient }), isTold: !patient };
    }
    const put = storage.store.put(subjects.collection, step.key, step.value, { author: 'me' });
    return { done: put, isTold: true };
  },
  () => storage[Symbol.asyncDispose](),
);
