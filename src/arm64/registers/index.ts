/** Registers of arm64: rows, and what is read from them beside a reading. */
export * from './attributes.ts';
export * from './control.ts';
export * from './fault.ts';
export * from './features.ts';
export * from './permissions.ts';
export * from './roots.ts';
export * from './state.ts';
export * from './translation.ts';
