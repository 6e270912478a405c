/** Effective memory types, with their reasons. */
export * from './effective.ts';
export * from './matrices.ts';
export * from './meaning.ts';
export * from './plain-words.ts';
export * from './properties.ts';
export * from './stage1.ts';
