import { existsSync, globSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './architecture/house.ts';
import { generatedPages, read } from './docs/generated.ts';

test.each([...generatedPages])(
  '%s shows the sources as they are (else: npm run docs)',
  (page, render) => {
    expect(read(page)).toBe(render(read(page)));
  },
);

const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).toSorted();

test.each(pages)('every link of %s to a file leads somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)].map(
    ([, target = '']) => target,
  );
  const dead = links.filter(
    (link) => !existsSync(join(root, posix.join(posix.dirname(page), link))),
  );
  expect(dead).toEqual([]);
});
