import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '@thingtalk/core';
import { isUnusable } from './sqlite-errors.ts';

/** The failure to open a database in words that name it and say what is in the way; others as they are. */
export function explained(error: unknown, path: string): unknown {
  if (!isUnusable(error)) return error;
  const why = obstacle(path) ?? (error instanceof Error ? error.message : String(error));
  return new Problem('storage-unreachable', `the database ${path} cannot be used: ${why}`, {
    cause: error,
  });
}

function obstacle(path: string): string | undefined {
  const directory = dirname(path);
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isDirectory()) return 'it is a directory';
  if (!isOurs(directory)) return `this user may not read and write ${directory}`;
  if (file !== undefined && !isOurs(path)) return 'this user may not read and write it';
  return undefined;
}

function isOurs(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
