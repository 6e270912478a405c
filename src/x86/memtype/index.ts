/** Effective memory types of x86, with their reasons. */
export * from '../values/attributes.ts';
export * from '../values/names.ts';
export * from './combine.ts';
export * from './control.ts';
export * from './effective.ts';
export * from './matrices.ts';
export * from './meaning.ts';
export * from './mtrr.ts';
export * from './mtrr-map.ts';
export * from './page.ts';
export * from './pat.ts';
export * from './properties.ts';
export * from './stage1.ts';
export * from './stage2.ts';
export * from './walk-memory.ts';
