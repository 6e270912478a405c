/** What holds for the tests themselves: no luck of their own, no clock, and each lies where its source lies. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts') && file !== 'tests.test.ts');
const textOf = (file: string): string => readFileSync(join(here, file), 'utf8');
const withPattern = (pattern: RegExp): string[] => files.filter(file => pattern.test(textOf(file)));

test('there are tests to judge', () => expect(files.length).toBeGreaterThan(100));

test('random cases come from one seed, support/seed.ts', () => {
  expect(withPattern(/Math\.random|randomBytes|randomInt|\bseed: ?\d/)).toEqual([]);
});

test('no test asks what time it is: speed is measured by the benches', () => {
  expect(withPattern(/performance\.now|Date\.now|hrtime|timeout:/)).toEqual([]);
});

/** Rooms of tests that are about no room of the sources; below `arch` stand architectures for tests alone. */
const WITHOUT_SOURCE = /^(conformance|oracle|scripts|support|types|arch\/.*)(\/|$)/;

test('every folder of tests is the mirror of a folder of sources', () => {
  const folders = [...new Set(files.map(file => dirname(file)))].filter(
    folder => !WITHOUT_SOURCE.test(folder),
  );
  expect(folders.filter(folder => !existsSync(join(here, '../src', folder)))).toEqual([]);
});

test('in a folder of an architecture no test lies beside the rooms', () => {
  const loose = files.filter(file => /^(arm64|x86)\/[^/]*\.test\.ts$/.test(file));
  expect(loose).toEqual(['arm64/mistakes.test.ts', 'x86/mistakes.test.ts']);
});
