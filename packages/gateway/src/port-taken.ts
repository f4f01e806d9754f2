import { SettingsError } from './settings/settings-error.ts';
import { type SettingName, settingRows } from './settings/table.ts';

/**
 * Waits for a server to listen, and says it in one line when a port of its is taken.
 *
 * @param ports the ports by the settings that decide them
 * @throws {@link SettingsError} which names the port, and how to choose another.
 */
export async function portTaken<S>(
  ports: Partial<Record<SettingName, number>>,
  listening: Promise<S>,
): Promise<S> {
  try {
    return await listening;
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const row = settingRows.find(({ name }) => port !== undefined && ports[name] === port);
    const why = code === 'EACCES' ? 'may not be used by this user' : 'is taken by another program';
    const how = `choose another by ${row?.flag}, ${row?.environment} or ${row?.path} (0 is any free port)`;
    throw new SettingsError([
      { place: row?.flag ?? 'port', detail: `port ${port} ${why}; ${how}` },
    ]);
  }
}
