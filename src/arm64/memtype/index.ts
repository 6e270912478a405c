/** Effective memory types of arm64, with their reasons. */
export * from '../values/attributes.ts';
export * from '../values/names.ts';
export * from './combine.ts';
export * from './control.ts';
export * from './effective.ts';
export * from './matrices.ts';
export * from './meaning.ts';
export * from './par.ts';
export * from './properties.ts';
export * from './shareability.ts';
export * from './stage1.ts';
export * from './stage2.ts';
export * from './walk-memory.ts';
