/** The kernels. All arguments are addresses in the one memory, or counts; see `kernels.ts` for what they promise. */
export { lookups } from './directory.ts';
export { pairs } from './pairs.ts';
export { countCodes, histogram, resolve, sum } from './resolve.ts';
export { descend, finish, scan } from './scan.ts';
export { tally } from './tally.ts';
export { hexWords } from './text.ts';
