/** The kernels. All arguments are addresses in the one memory, or counts; see `kernels.ts` for what they promise. */
export { histogram, resolve, sum } from './resolve';
export { finish, scan } from './scan';
export { hexWords } from './text';
