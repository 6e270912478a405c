/** Mistakes that other tools have made with x86 entries, one test for each. */
import { expect, test } from 'vitest';
import { settle } from '../../src/bits/settings.ts';
import { readLinuxEntry } from '../../src/x86/descriptors/software.ts';
import { readStage1, type Stage1Settings, stage1Settings } from '../../src/x86/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../src/x86/descriptors/stage2.ts';
import { cr3, eptp } from '../../src/x86/registers/roots.ts';
import { throughStage1 } from '../../src/x86/values/permissions.ts';

const read = (word: bigint, given: Partial<Stage1Settings> = {}) =>
  readStage1(word, settle(stage1Settings, { maxphyaddr: 46, ...given }));

test('bit 12, the PAT of a large page, is left in the address', () => {
  for (const [mode, level] of [
    ['4l', 2],
    ['4l', 3],
    ['5l', 2],
    ['pae', 2],
    ['32', 2],
  ] as const) {
    const word = (mode === '32' ? 0xc0000000n : 0x1_c000_0000n) | 0x1081n;
    const { facts } = read(word, { mode, level });
    expect(facts.oa, `${mode} ${level}`).toBe(word & ~0x1081n);
    expect(facts.patIndex).toBe(4);
  }
});

test('bit 7 of a PTE is taken for PS', () => {
  for (const mode of ['32', 'pae', '4l', '5l'] as const)
    expect(read(0x1081n, { mode })).toMatchObject({ kind: 'page4k', facts: { oa: 0x1000n, patIndex: 4 } });
});

test('permissions of the parents are not ANDed, NX is not ORed', () => {
  const parent = read(0x8000000000001065n, { level: 2 }).facts.permissions;
  const leaf = read(0x2067n).facts.permissions;
  expect(parent && leaf && throughStage1(parent, leaf)).toEqual({ r: 1, w: 0, x: 0, u: 1 });
  const kernelOnly = read(0x1063n, { level: 4 }).facts.permissions;
  expect(kernelOnly && leaf && throughStage1(kernelOnly, leaf)).toEqual({ r: 1, w: 1, x: 1, u: 0 });
});

test('EPT memory type 7 is shown as UC-', () => {
  const { facts } = readStage2(0x103fn, settle(stage2Settings));
  expect(facts.memory).toBe('reserved');
  expect(facts.misconfiguration).toEqual(['memtype']);
});

test('PAE entries cannot be read', () => {
  expect(read(0x1001n, { mode: 'pae', level: 3 })).toMatchObject({ kind: 'table', facts: { next: 0x1000n } });
  expect(read(0x1003n, { mode: 'pae', level: 2 })).toMatchObject({ kind: 'table', facts: { next: 0x1000n } });
  expect(read(0x8000000000001003n, { mode: 'pae' })).toMatchObject({
    kind: 'page4k',
    facts: { oa: 0x1000n },
  });
});

test('a 1-GByte page takes the size of a small one', () => {
  expect(read(0x4000_0081n, { level: 3 }).facts).toMatchObject({ oa: 0x40000000n, size: 0x40000000n });
});

test('PCID of CR3 and the low bits of EPTP are taken as address', () => {
  expect(cr3.read(0x6148fffn, settle(cr3.settings, { pcide: 1 })).facts.root).toBe(0x6148000n);
  expect(eptp.read(0x79f605en, settle(eptp.settings)).facts.root).toBe(0x79f6000n);
});

test('XD is left in the address', () => {
  expect(read(0x8000000000001001n, { mode: 'pae' }).facts.oa).toBe(0x1000n);
});

test('a PROT_NONE entry with an inverted frame is read as an address', () => {
  expect(read(0xffffffd62b960n)).toMatchObject({ kind: 'not-present' });
  expect(readLinuxEntry(0xffffffd62b960n)).toMatchObject({ kind: 'protnone', pfn: 0x29d4n });
});
