import type { Logger } from '@thingtalk/core';
import { isIntact, layouts, type TableName, type Tables } from './tables.ts';

/** Where rows are told that fail their check. */
export type DamageReport = (table: TableName, row: object) => void;

/** The rows that are as they were written; the others are reported. */
export function intactRows<T extends TableName, Row extends Tables[T]>(
  table: T,
  rows: readonly Row[],
  report: DamageReport,
): readonly Row[] {
  return rows.filter((row) => {
    const isFine = isIntact(table, row);
    if (!isFine) report(table, row);
    return isFine;
  });
}

/** Says once for each row that it is damaged. */
export function reportTo(logger: Pick<Logger, 'error'>): DamageReport {
  const told = new Set<string>();
  return (table, row) => {
    const columns = row as Readonly<Record<string, unknown>>;
    const key = layouts[table].key.map((column) => columns[column]);
    const name = JSON.stringify([table, ...key]);
    if (told.has(name)) return;
    told.add(name);
    logger.error({ table, key }, 'a stored row is damaged, and is left out');
  };
}
