/** Effective memory types, with their reasons. */

export * from '../values/pbmt.ts';
export * from './effective.ts';
export * from './matrices.ts';
export * from './properties.ts';
