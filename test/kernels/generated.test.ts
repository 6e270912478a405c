import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileKernels, GENERATED, generatedFile } from '../../scripts/build-kernels.ts';

test('the committed WebAssembly is what the sources give (npm run kernels)', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  expect(generatedFile(await compileKernels(root))).toBe(readFileSync(`${root}/${GENERATED}`, 'utf8'));
});
