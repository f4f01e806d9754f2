import { coreRooms, floors } from './floors.ts';

/** The floors as biome.json has them, so that an editor marks a wrong import while it is being typed. */
export function biomeOverrides() {
  const betweenPackages = floors
    .filter(({ packages }) => !packages.includes('tests'))
    .map(({ packages, imports, because }) =>
      restriction(
        packages.map((one) => (one === 'examples' ? 'examples/**' : `packages/${one}/src/**`)),
        ['@thingtalk/*', '@thingtalk/*/**', ...imports.flatMap(allowed)],
        because,
      ),
    );
  const betweenRooms = coreRooms.slice(0, -1).map((room, index) =>
    restriction(
      [`packages/core/src/${room}/**`, '!**/*.test.ts'],
      coreRooms.slice(index + 1).map((above) => `../${above}/**`),
      `the rooms of core, lowest first: ${coreRooms.join(', ')}`,
    ),
  );
  return [...betweenPackages, ...betweenRooms];
}

function allowed(room: string): readonly string[] {
  const name = `@thingtalk/${room.replace('adapters/', 'adapter-')}`;
  return [`!${name}`, `!${name}/**`];
}

function restriction(includes: readonly string[], group: readonly string[], message: string) {
  return {
    includes,
    linter: {
      rules: {
        style: {
          noRestrictedImports: { level: 'error', options: { patterns: [{ group, message }] } },
        },
      },
    },
  };
}
