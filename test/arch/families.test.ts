/** What every family promises, whatever its words: commands, docs and JSON are driven by these promises alone. */
import { describe, expect, test } from 'vitest';
import { descriptors } from '../../src/arch/descriptors.ts';
import { families } from '../../src/arch/families.ts';
import { formatNames } from '../../src/arch/names.ts';
import { promisesOfFamily } from '../support/families.ts';

test('the index of the descriptors leads to each of them, in the same order', async () => {
  expect(formatNames.map(({ id }) => id)).toEqual(descriptors.map(({ id }) => id));
  for (const { id, aliases, load } of formatNames)
    expect(await load()).toMatchObject({ id, aliases, role: 'descriptor' });
});

test('names are unique, whatever their case', () => {
  const names = families.flatMap(({ id, aliases = [] }) => [
    ...new Set([id, ...aliases].map(name => name.toLowerCase())),
  ]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Kinds that are drawn with another kind or another family. */
const ELSEWHERE = ['not-present', 'bad-ps', 'vmsav9-128'];

describe.each(families.map(family => [family.id, family] as const))('%s', (id, family) => {
  promisesOfFamily(family, id === 'x86.npt' ? family.kinds : ELSEWHERE); // npt: the formats of x86.pte
});
