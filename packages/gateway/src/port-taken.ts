import { SettingsError } from './settings/settings-error.ts';
import { type SettingName, settingRows } from './settings/table.ts';

/**
 * Waits for a server to listen, and says it in one line when its port is taken.
 *
 * @param name the setting that decides the port
 * @throws {@link SettingsError} which names the port, and how to choose another.
 */
export async function portTaken<S>(
  name: SettingName,
  port: number,
  listening: Promise<S>,
): Promise<S> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const row = settingRows.find((candidate) => candidate.name === name);
    const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken by another program';
    const how = `choose another by ${row?.flag}, ${row?.environment} or ${row?.path} (0 is any free port)`;
    throw new SettingsError([{ place: row?.flag ?? name, detail: `port ${port} ${why}; ${how}` }]);
  }
}
