/** Whose software bits they are, where KVM's MMIO entries stand, and which memory is encrypted or shared. */
import { expect, test } from 'vitest';
import { settle } from '../../../src/bits/settings.ts';
import { type NptSettings, nptSettings, readNpt } from '../../../src/x86/descriptors/npt.ts';
import { readStage1, type Stage1Settings, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { readStage2, type Stage2Settings, stage2Settings } from '../../../src/x86/descriptors/stage2.ts';
import { revealed } from '../../../src/x86/walk/revealed.ts';

const pte = (word: bigint, given: Partial<Stage1Settings> = {}) =>
  readStage1(word, settle(stage1Settings, given)).facts;
const ept = (word: bigint, given: Partial<Stage2Settings> = {}) =>
  readStage2(word, settle(stage2Settings, given));
const npt = (word: bigint, given: Partial<NptSettings> = {}) => readNpt(word, settle(nptSettings, given));

test('a cached MMIO entry of KVM is of level 1 and names the address that it translates; elsewhere it is an error', () => {
  expect(ept(0x2006n).facts.mmio).toEqual({ gfn: 2n, generation: 0 });
  expect(ept(0x2006n, { ia: 0x2fffn }).facts.mmio).toEqual({ gfn: 2n, generation: 0 });
  for (const given of [{ ia: 0x80_0000_0000n }, { level: 2 }, { owner: 'xen' }] as const) {
    const { facts, findings } = ept(0x2006n, given);
    expect(facts.mmio).toBeUndefined();
    expect(findings).toContainEqual(
      expect.objectContaining({ id: 'ept-write-without-read', severity: 'error' }),
    );
  }
  const reserved = 0x8_0000_0000_2067n;
  expect(npt(reserved, { maxphyaddr: 46 }).facts.mmio?.gfn).toBe(2n);
  for (const given of [{ ia: 0x8_0000n }, { owner: 'windows' }] as const) {
    const { facts } = npt(reserved, { maxphyaddr: 46, ...given });
    expect([facts.mmio, facts.reservedFault]).toEqual([undefined, true]);
  }
});

test('the same bits as Linux, as Windows, and as nobody means them', () => {
  const page = 0xe67n; // bits 11, 10, 9
  expect(pte(page).software).toEqual({ 'Linux 6.12': 'SPECIAL, UFFD_WP, SOFT_DIRTY' });
  expect(pte(page, { owner: 'windows' }).software).toEqual({ Windows: 'Write, CopyOnWrite' });
  expect(pte(page, { owner: 'firmware' }).software).toBeUndefined();
  const invalid = (word: bigint) => pte(word, { owner: 'windows' }).software?.Windows;
  expect(invalid(0x1234_58a0n)).toBe('in transition: page 0x12345000, protection 5');
  expect(invalid(0x4a0n)).toBe('prototype PTE, protection 5');
  expect(invalid(0x80n)).toBe('demand zero, protection 4');
  expect(invalid(0x0000_1234_0000_2080n)).toBe('page file 2, offset 0x1234, protection 4');
  expect(invalid(0n)).toBeUndefined();
});

test('the text says whose they are', () => {
  const owner = (value: string) =>
    revealed({ regime: { family: 'x86.pte' } }, { registers: new Map(), facts: new Map([['owner', value]]) })
      .owner;
  expect([owner('windows'), owner('xen'), owner('coreboot')]).toEqual(['windows', 'xen', 'firmware']);
});

test('encrypted or not, shared or not; nothing where there is no such bit', () => {
  const sev = { cBit: 47, maxphyaddr: 48, vendor: 'amd' } as const;
  expect(pte(0x0000_8000_0000_5067n, sev)).toMatchObject({ oa: 0x5000n, encrypted: true });
  expect(pte(0x6067n, sev)).toMatchObject({ oa: 0x6000n, encrypted: false });
  expect(npt(0x0000_8000_0000_5067n, { cBit: 47, maxphyaddr: 48 }).facts.encrypted).toBe(true);
  expect(pte((1n << 51n) | 0x5067n, { sBit: 51 })).toMatchObject({ oa: 0x5000n, shared: true });
  expect(pte(0x5067n)).not.toHaveProperty('encrypted');
});
