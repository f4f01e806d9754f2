export * from './data/ajv-schemas.ts';
