// Writes anew what the pages show of the sources; tests/docs.test.ts compares.
import { writeFileSync } from 'node:fs';
import { generatedPages, read } from '../tests/docs/generated.ts';

for (const [page, render] of generatedPages) {
  const text = read(page);
  const rendered = render(text);
  if (rendered !== text) writeFileSync(page, rendered);
  console.log(`${page} ${rendered === text ? 'is as it should be' : 'was written anew'}`);
}
