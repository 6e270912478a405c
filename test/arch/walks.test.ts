/** Translations of several CPUs: what is the same stands once, and what differs in anything that decides does not. */
import { describe, expect, test } from 'vitest';
import type { ArchitectureId } from '../../src/arch/architecture.ts';
import { candidatesOfAll } from '../../src/arch/walks.ts';

type Registers = Readonly<Record<string, bigint>>;

/** Which translations two CPUs have between them. */
const names = (architecture: ArchitectureId, one: Registers, other: Registers): readonly string[] =>
  candidatesOfAll(
    [one, other].map(registers => new Map(Object.entries(registers))),
    architecture,
  ).found.map(({ name, through }) => (through === undefined ? name : `${name} through ${through}`));

const guest: Registers = {
  TTBR0_EL1: 0x4000_0000n,
  TCR_EL1: 0x8010_0010n, // 4KB granule, 48-bit input addresses
  MAIR_EL1: 0xffn,
  SCTLR_EL1: 0x1005n,
  HCR_EL2: 0x8000_0001n,
  VTTBR_EL2: 0x5000_0000n,
  VTCR_EL2: 0x8002_3558n,
};
const pc: Registers = {
  CR0: 0x8005_0033n,
  CR3: 0x1000n,
  CR4: 0x20n,
  EFER: 0xd01n,
  PAT: 0x0007_0406_0007_0406n,
  MTRR_DEF_TYPE: 0xc06n,
};

describe('arm64', () => {
  const once = ['cpu0.stage2', 'cpu0.el1.ttbr0 through cpu0.stage2'];
  test.each<[string, Registers]>([
    ['nothing', {}],
    ['an ASID', { TTBR0_EL1: 0x0001_0000_4000_0000n }],
    ['SCTLR_EL1.SPAN, which decides nothing about entries', { SCTLR_EL1: 0x80_1005n }],
  ])('CPUs that differ in %s have the same translations', (_what, change) => {
    expect(names('arm64', guest, { ...guest, ...change })).toEqual(once);
  });

  test.each<[string, Registers]>([
    ['the types of MAIR_EL1', { MAIR_EL1: 0x44n }],
    ['WXN', { SCTLR_EL1: 0x8_1005n }],
    ['caches that are off', { SCTLR_EL1: 0x1001n }],
    ['the hardware Access flag', { TCR_EL1: 0x80_8010_0010n }],
  ])('%s of one CPU: its stage 1 stands beside the other, through the stage 2 of both', (_what, change) => {
    expect(names('arm64', guest, { ...guest, ...change })).toEqual([
      ...once,
      'cpu1.el1.ttbr0 through cpu0.stage2',
    ]);
  });

  test('FWB of one CPU: both of its stages stand beside the other', () => {
    expect(names('arm64', guest, { ...guest, HCR_EL2: 0x4000_8000_0001n })).toEqual([
      ...once,
      'cpu1.stage2',
      'cpu1.el1.ttbr0 through cpu1.stage2',
    ]);
  });
});

describe('x86', () => {
  test.each<[string, Registers]>([
    ['nothing', {}],
    ['PWT of CR3', { CR3: 0x1008n }],
    ['CR0.TS', { CR0: 0x8005_003bn }],
    ['CR4.SMEP', { CR4: 0x10_0020n }],
  ])('CPUs that differ in %s have the same translation', (_what, change) => {
    expect(names('x86', pc, { ...pc, ...change })).toEqual(['cpu0.paging']);
  });

  test.each<[string, Registers]>([
    ['the types of the PAT', { PAT: 0x0007_0406_0007_0401n }],
    ['caches that are off', { CR0: 0xc005_0033n }],
    ['the types of the MTRRs', { MTRR_DEF_TYPE: 0xc00n }],
    ['NXE', { EFER: 0x501n }],
  ])('%s of one CPU: its translation stands beside the other', (_what, change) => {
    expect(names('x86', pc, { ...pc, ...change })).toEqual(['cpu0.paging', 'cpu1.paging']);
  });
});
