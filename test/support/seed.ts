/**
 * Where the luck of all random tests comes from. `npm test` draws nothing: the same words, trees and texts in every run, on every
 * machine. `npm run test:nightly` says other seeds in TEST_SEED. Runs before every test file (vitest.config.ts).
 */
import fc from 'fast-check';

/** Added to the fixed seeds of generators that fast-check does not drive. */
export const SEED = Number(process.env.TEST_SEED ?? 0);
if (!Number.isInteger(SEED)) throw new Error(`TEST_SEED is no whole number: ${process.env.TEST_SEED}`);

fc.configureGlobal({ seed: SEED });
