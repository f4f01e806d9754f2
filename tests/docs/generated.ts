import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems, problemTypePrefix } from '@thingtalk/core';
import { settingsPage } from '@thingtalk/gateway';
import { coreRooms, floors } from '../architecture/floors.ts';
import { root } from '../architecture/house.ts';

/**
 * What pages show of the sources, by the name between their markers:
 * `<!-- from source: problems -->` ... `<!-- end -->`.
 */
const sections: Readonly<Record<string, () => string>> = {
  problems: () =>
    table(
      ['Problem', 'Status', 'Title', '`type`'],
      Object.entries(problems).map(([name, { status, title }]) => [
        `\`${name}\``,
        String(status),
        title,
        `\`${problemTypePrefix}${name}\``,
      ]),
    ),
  floors: () =>
    table(
      ['Floor', 'Packages', 'May import', 'Because'],
      floors.map(({ floor, packages, imports, typesOnly, because }) => [
        String(floor),
        packages.join(', '),
        imports.length === 0 ? 'none of ours' : imports.join(', ') + (typesOnly ? ' (types)' : ''),
        because,
      ]),
    ),
  rooms: () => `\`${coreRooms.join(' < ')}\``,
  'first-thing': () => `\`\`\`ts\n${read('examples/first-thing/first-thing.ts').trimEnd()}\n\`\`\``,
};

/** The pages that show something of the sources, each with how its text becomes what it should be. */
export const generatedPages: ReadonlyMap<string, (text: string) => string> = new Map([
  ['README.md', renderSections],
  ['docs/architecture.md', renderSections],
  ['docs/problems.md', renderSections],
  ['docs/settings.md', settingsPage],
]);

/** Makes anew what is between markers. */
function renderSections(text: string): string {
  return text.replace(
    /(<!-- from source: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const section = sections[name];
      if (section === undefined) throw new Error(`There is no section '${name}'`);
      return `${begin}\n${section()}\n\n${end}`;
    },
  );
}

/** The text of a file of the workspace. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
