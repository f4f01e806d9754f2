export * from './virtual-house.ts';
