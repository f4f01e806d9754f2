import { settingRows } from './table.ts';

/** The page docs/settings.md, rendered from the table of settings. */
export function settingsPage(): string {
  const rows = settingRows.map(
    ({ path, flag, environment, default: preset, description, expects }) =>
      `| \`${path}\` | \`${flag}\` | \`${environment}\` | ${preset === '' ? '' : `\`${preset}\``} | ${description}; ${expects} |`,
  );
  return `${intro}\n${rows.join('\n')}\n`;
}

const intro = `# Settings

A flag wins over the environment variable, that over the YAML file, that over the default.
In YAML a dot is a level: \`http.port\` is \`http:\` with \`port:\` below it.

| YAML | Flag | Environment | Default | What it is |
|---|---|---|---|---|`;
