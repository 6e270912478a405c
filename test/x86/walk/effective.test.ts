/** The effective type of leaves under the registers of one CPU: each register is heard, and named where it decides. */
import { describe, expect, test } from 'vitest';
import { settle } from '../../../src/bits/settings.ts';
import { nptSettings, readNpt } from '../../../src/x86/descriptors/npt.ts';
import { readStage1, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../../src/x86/descriptors/stage2.ts';
import { mtrrs } from '../../../src/x86/memtype/mtrr.ts';
import { nptEffective, stage1Effective, stage2Effective } from '../../../src/x86/walk/effective.ts';
import { candidates } from '../../../src/x86/walk/roots.ts';

const PAT = 0x0407_0506_0007_0106n; // Linux: WB WC UC- UC, WB WP UC- WT
const CD = 1n << 30n;
const NW = 1n << 29n;
const CR0 = 0x8001_0033n;
const WB = mtrrs({
  vendor: 'intel',
  maxphyaddr: 46,
  defType: 0xc06n,
  fixed: Array(11).fill(0x0606_0606_0606_0606n),
  variable: [],
});

const leafOf = (word: bigint) => ({
  reading: readStage1(word, settle(stage1Settings, { maxphyaddr: 46 })),
  level: 0,
  inherited: 0,
});
const ept = { reading: readStage2(0x4000_0037n, settle(stage2Settings)), level: 0, inherited: 0 };
const npt = { reading: readNpt(0x4000_0067n, settle(nptSettings)), level: 0, inherited: 0 };
const FRAME = 0x4_0000;
const PAGE = leafOf(0x4000_0067n);

describe('CR0.CD and CR0.NW', () => {
  test.each([
    ['intel', 0n, 'WB', 'PAT and MTRR', /WB/],
    ['intel', CD, 'UC', 'CR0.CD', /^CR0.CD = 1, CR0.NW = 0: UC \(no-fill mode: lines that are cached/],
    ['intel', CD | NW, 'UC', 'CR0.CD', /^CR0.CD = 1, CR0.NW = 1: UC \(no-fill mode, and coherency/],
    ['intel', NW, 'illegal CR0', 'PAT and MTRR', /^CR0.CD = 0, CR0.NW = 1: illegal/],
    ['amd', CD, 'CD', 'CR0.CD', /^CR0.CD = 1, CR0.NW = 0: CD \(no-fill mode: lines that are cached/],
    ['amd', CD | NW, 'CD', 'CR0.CD', /^CR0.CD = 1, CR0.NW = 1: CD/],
  ] as const)('ordinary paging, %s, CR0 with %s', (vendor, bits, type, decidedBy, because) => {
    const rules = stage1Effective({ vendor, pat: PAT, cr0: CR0 | bits, mtrrs: WB });
    const view = rules.effective(PAGE, undefined, FRAME, 1);
    expect(view).toMatchObject({ type, decidedBy });
    expect(view.why.map(step => step.because)).toContainEqual(expect.stringMatching(because));
  });

  test('under EPT: the guest’s own', () => {
    const of = (cr0: bigint) => stage2Effective({ pat: PAT, cr0 }).effective(PAGE, ept, FRAME, 1);
    expect(of(CR0)).toMatchObject({ type: 'WB', decidedBy: 'guest PAT and EPT' });
    const off = of(CR0 | CD | NW);
    expect(off).toMatchObject({ type: 'UC', decidedBy: 'guest CR0.CD' });
    expect(off.why.at(-1)?.because).toMatch(/^guest CR0.CD = 1, guest CR0.NW = 0: UC/);
  });

  test('under nested paging: the guest’s first, then the host’s; the reasons name CD alone', () => {
    const of = (guest: bigint, host: bigint) =>
      nptEffective({ pat: PAT, cr0: CR0 | guest, hostPat: PAT, hostCr0: CR0 | host, mtrrs: WB }).effective(
        PAGE,
        npt,
        FRAME,
        1,
      );
    expect(of(0n, 0n)).toMatchObject({ type: 'WB', decidedBy: 'guest PAT, host PAT and MTRR' });
    for (const [guest, host, whose] of [
      [CD, 0n, 'guest'],
      [CD, CD, 'guest'],
      [0n, CD, 'host'],
      [NW, CD, 'host'],
    ] as const) {
      const view = of(guest, host);
      expect(view).toMatchObject({ type: 'CD', decidedBy: `${whose} CR0.CD` });
      expect(view.why.map(({ because }) => because)).toEqual([
        expect.stringMatching(
          `^${whose} CR0.CD = 1, ${whose} CR0.NW = 0: CD \\(no-fill mode: lines that are cached`,
        ),
      ]);
    }
  });
});

describe('AMD’s SYSCFG', () => {
  const REGISTERS = {
    CR0,
    CR3: 0x1000n,
    CR4: 0x20n,
    EFER: 0xd00n,
    PAT,
    MTRR_DEF_TYPE: 0xc00n, // everything is UC unless something else says otherwise
    TOP_MEM2: 0x2_0000_0000n,
  };
  const TOM2_EN = 1n << 21n;
  const FORCE_WB = 1n << 22n;
  test.each([
    [TOM2_EN | FORCE_WB, 0x1_0000_0000n, 'WB'],
    [TOM2_EN | FORCE_WB, 0x1_ffff_f000n, 'WB'],
    [TOM2_EN | FORCE_WB, 0x2_0000_0000n, 'UC'],
    [TOM2_EN | FORCE_WB, 0xffff_f000n, 'UC'],
    [TOM2_EN, 0x1_0000_0000n, 'UC'],
    [FORCE_WB, 0x1_0000_0000n, 'UC'],
    [0n, 0x1_0000_0000n, 'UC'],
  ])('SYSCFG = %s: address %s is %s', (SYSCFG, address, type) => {
    const { found } = candidates(new Map(Object.entries({ ...REGISTERS, SYSCFG })), { maxphyaddr: 46 });
    const view = found[0]?.rules?.effective(leafOf(address | 0x67n), undefined, Number(address >> 12n), 1);
    expect(view?.type).toBe(type);
  });
});
