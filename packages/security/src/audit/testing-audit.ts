import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry, Logger } from '@thingtalk/core';
import { silentLogger } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { type AuditLimits, AuditLog } from './audit-log.ts';

/** A place for a log, which can be opened again and again; disposing of it takes it away. */
export async function openAuditPlace() {
  const scratch = await mkdtempDisposable(join(tmpdir(), 'thingtalk-audit-'));
  const clock = new FakeClock();
  const complaints: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, message) => void complaints.push(message) };
  const directory = join(scratch.path, 'audit');
  const open = (limits: Partial<AuditLimits> = {}) =>
    AuditLog.open({ directory, clock, logger, limits, chainKey: Buffer.from('key') });
  return {
    ...{ clock, directory, complaints, open },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

/** An entry of which only some is of interest. */
export function entry(some: Partial<AuditEntry> = {}): AuditEntry {
  return { who: 'person_1', from: '192.0.2.1', what: 'login', outcome: 'allowed', ...some };
}
