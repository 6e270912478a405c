import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Files that `npm run test:quick` leaves to `npm test`: processes, whole dumps walked several times, thousands of random
 * machines, trees and texts.
 */
const SLOW = [
  'test/arch/remembered-layouts.test.ts',
  'test/arch/*/walk.test.ts',
  'test/arm64/walk/oracle.test.ts',
  'test/bench/**',
  'test/cli/{bench,diff,hostile,pipes,process,roots}.test.ts',
  'test/image/{containers,large,real-dumps}.test.ts',
  'test/kernels/generated.test.ts',
  'test/oracle/agreement.test.ts',
  'test/roots/find.test.ts',
  'test/text/order.test.ts',
  'test/walk/{aliases,directory,fast,large,pairs,planned,summary}.test.ts',
  'test/workers/**',
  'test/x86/walk/oracle.test.ts',
];

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'quick' ? SLOW : [])],
    setupFiles: ['test/support/seed.ts'],
    // Modules are loaded once a thread, not once a file: no test changes what another one sees.
    pool: 'threads',
    isolate: false,
    // vitest leaves one core to its main thread, which has little to do: of two cores that would be half.
    maxWorkers: availableParallelism(),
    // Only a guard against what never ends: the slowest test needs two seconds, and a busy machine may take its time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    typecheck: { enabled: false },
  },
}));
