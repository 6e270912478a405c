/** The recipes of CONTRIBUTING.md say how many files a thing takes: held against one that is there of each kind. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const top = fileURLToPath(new URL('..', import.meta.url));
const recipes = readFileSync(join(top, 'CONTRIBUTING.md'), 'utf8');

const files = ['src', 'docs'].flatMap(folder =>
  readdirSync(join(top, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(top.length).replaceAll('\\', '/')),
);
/** Files of the sources and the documents in which it is called by one of these names. */
const naming = (...names: readonly string[]): readonly string[] =>
  files.filter(file => names.some(name => readFileSync(join(top, file), 'utf8').includes(name))).sort();

test.each([
  {
    recipe: 'A field gets a meaning',
    says: 'Four files',
    names: ['HXEn'],
    stands: ['docs/formats/arm64.SCR_EL3.md', 'src/arm64/registers/control.ts'],
    proved: 'fixtures/layouts.tsv',
  },
  {
    recipe: 'A new regime',
    says: 'Three files',
    names: ['nptCandidate', "}, 'npt')"],
    stands: ['src/x86/walk/roots.ts'],
    proved: 'test/x86/walk/modes.test.ts',
  },
  {
    recipe: 'A new text format',
    says: 'Five files',
    names: ['badPageMap', 'linux.bad-page-map'],
    stands: ['docs/text-formats.md', 'src/text/formats/bad-page-map.ts', 'src/text/formats/index.ts'],
    proved: 'test/text/examples.ts',
  },
  {
    recipe: 'A new lint rule',
    says: 'Five files',
    names: ['tableWritable', 'table-writable'],
    stands: ['docs/lint.md', 'src/lint/rules.ts', 'src/lint/rules/table-writable.ts'],
    proved: 'test/lint/rules.test.ts',
  },
  {
    recipe: 'A new era of KVM',
    says: 'Five files',
    names: ['vt_v1', 'vt-v1'],
    stands: ['docs/kvm.md', 'src/kvm/arm64/eras/index.ts', 'src/kvm/arm64/eras/vt.ts'],
    proved: 'test/kvm/eras.test.ts',
  },
  {
    recipe: 'A new format or register',
    says: 'Seven files',
    names: ['arm64.S2POR_EL1', '\n  s2por,\n'],
    stands: [
      'docs/formats/README.md',
      'docs/formats/arm64.S2POR_EL1.md',
      'src/arm64/families.ts',
      'src/arm64/registers/permissions.ts',
    ],
    proved: 'fixtures/layouts.tsv',
  },
])('$recipe: $says', ({ recipe, says, names, stands, proved }) => {
  const text = recipes.split(/^## /m).find(part => part.startsWith(recipe));
  expect(text).toContain(says);
  expect(naming(...names)).toEqual(stands);
  expect(names.some(name => readFileSync(join(top, proved), 'utf8').includes(name))).toBe(true);
});
