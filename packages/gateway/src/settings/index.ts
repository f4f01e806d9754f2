export * from './kinds.ts';
export * from './load-settings.ts';
export * from './settings-error.ts';
export * from './settings-page.ts';
export * from './suggest.ts';
export * from './table.ts';
