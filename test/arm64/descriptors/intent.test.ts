/** Wishes: what is written reads back as what was wished, and what cannot be is refused with what could. */
import { describe, expect, test } from 'vitest';
import { stage1Intent, stage2Intent } from '../../../src/arm64/descriptors/intent.ts';
import {
  readStage1,
  type Stage1Settings,
  stage1,
  stage1Settings,
} from '../../../src/arm64/descriptors/stage1.ts';
import {
  readStage2,
  type Stage2Settings,
  stage2,
  stage2Settings,
} from '../../../src/arm64/descriptors/stage2.ts';
import { encode } from '../../../src/bits/codec.ts';
import type { Intent } from '../../../src/bits/family.ts';
import { settle } from '../../../src/bits/settings.ts';

const LINUX_MAIR = 0x0000_0004_0044_f0ffn; // WB, Tagged, NC, nGnRnE, nGnRE

describe('stage 2', () => {
  const make = (wish: Intent, given: Partial<Stage2Settings> = {}) => {
    const s = settle(stage2Settings, given);
    const { kind, fields } = stage2Intent(wish, s);
    const format = stage2.layout(kind, s);
    if (!format) throw new Error('no layout');
    return readStage2(encode(format, fields), s);
  };

  test('KVM’s entries: RAM and a BAR, with and without FWB', () => {
    expect(make({ type: 'wb', perm: 'rwx', oa: 0x4063_4000n }).raw).toBe(0x0000_0000_4063_47ffn);
    expect(make({ type: 'wb', perm: 'rwx', oa: 0x4063_4000n }, { fwb: 1 }).raw).toBe(0x0000_0000_4063_47dbn);
    expect(make({ type: 'nGnRE', perm: 'rw-', oa: 0x901_0000n }).raw).toBe(0x0040_0000_0901_07c7n);
  });

  test('every permission there is, direct with and without FEAT_XNX', () => {
    for (const r of 'r-')
      for (const w of 'w-')
        for (const x of 'xpu-') {
          const perm = r + w + x;
          const { r: read, w: write, x1, x0 } = make({ perm }).facts.permissions ?? {};
          expect(`${read ? 'r' : '-'}${write ? 'w' : '-'}${x1 && x0 ? 'x' : x1 ? 'p' : x0 ? 'u' : '-'}`).toBe(
            perm,
          );
          if (x === 'x' || x === '-') expect(make({ perm }, { xnx: 0 }).kind).toBe('page');
          else expect(() => make({ perm }, { xnx: 0 })).toThrow(/possible are/);
        }
  });

  test('indirect permissions choose a PIIndex, or say what the register offers', () => {
    const s2pir = 0x0000_0000_0000_fc80n; // 1: RO, 2: RW, 3: RWX
    const reading = make({ perm: 'rwx' }, { s2pie: 1, s2pir });
    expect(reading.facts.permissions).toMatchObject({ r: 1, w: 1, x1: 1, x0: 1 });
    expect(() => make({ perm: 'r-x' }, { s2pie: 1, s2pir })).toThrow(/possible are ---, r--, rw-, rwx/);
  });

  test('with FWB there is no Write-Through and no mixed type', () => {
    expect(make({ type: 'wt' }).facts.memory).toBe('Normal oWT iWT');
    expect(() => make({ type: 'wt' }, { fwb: 1 })).toThrow(/'wt' is no MemAttr with FWB = 1/);
    expect(() => make({ type: 'onc-iwb' }, { fwb: 1 })).toThrow(/FWB = 1/);
  });

  test('a Block where none can be, an address off its alignment, and D128 are refused', () => {
    expect(() => make({ type: 'wb' }, { level: 0 })).toThrow(/no Block can stand at level 0/);
    expect(() => make({ oa: 0x1000n }, { level: 2 })).toThrow(/0x200000/);
    expect(() => make({ type: 'wb' }, { d128: 1 })).toThrow(/VMSAv9-128/);
  });
});

describe('stage 1', () => {
  const make = (wish: Intent, given: Partial<Stage1Settings> = {}) => {
    const s = settle(stage1Settings, { mair: LINUX_MAIR, ...given });
    const { kind, fields } = stage1Intent(wish, s);
    const format = stage1.layout(kind, s);
    if (!format) throw new Error('no layout');
    return readStage1(encode(format, fields), s);
  };
  const perm = ({ facts: { permissions } }: ReturnType<typeof make>): string =>
    [permissions?.priv, permissions?.unpriv]
      .flatMap(p => (p ? [`${p.r ? 'r' : '-'}${p.w ? 'w' : '-'}${p.x ? 'x' : '-'}`] : []))
      .join('/');

  test('types by name find their AttrIndx', () => {
    for (const [type, memory] of [
      ['wb', 'Normal WB RWA'],
      ['wb tagged', 'Normal WB RWA Tagged'],
      ['nc', 'Normal NC'],
      ['nGnRE', 'Device-nGnRE'],
      ['0x44', 'Normal NC'],
      ['wb ra', 'Normal WB RWA'], // the nearest that caches alike
    ] as const)
      expect(make({ type }).facts.memory).toBe(memory);
    expect(() => make({ type: 'wt' })).toThrow(/MAIR_ELx has no 'wt': it has 0 Normal WB RWA, 1 /);
    expect(() => make({ type: 'wb' }, { mair: 'unknown' })).toThrow(/say mair=/);
    expect(() => make({ type: 'soft' })).toThrow(/no memory type/);
  });

  test('permissions of both levels', () => {
    expect(perm(make({ perm: 'rw-' }))).toBe('rw-/---');
    expect(perm(make({ perm: 'r-x' }))).toBe('r-x/---');
    expect(perm(make({ perm: 'rw-/rw-' }))).toBe('rw-/rw-');
    expect(perm(make({ perm: 'EL1 r-x EL0 --x' }))).toBe('r-x/--x');
    expect(perm(make({ perm: 'rwx' }, { regime: 'EL2' }))).toBe('rwx');
    expect(perm(make({ perm: 'r-x' }, { wxn: 1 }))).toBe('r-x/---');
  });

  test('what the architecture cannot give is refused with what it can', () => {
    expect(() => make({ perm: 'rwx/rw-' })).toThrow(/possible are .*rw-\/rwx/); // EL0-writable is never EL1-executable
    expect(() => make({ perm: '-w-' })).toThrow(/nothing permits '-w-\/---'/);
    expect(() => make({ perm: 'rwx' }, { wxn: 1 })).toThrow(/nothing permits/);
    expect(() => make({ perm: 'rw-/r--' }, { regime: 'EL3' })).toThrow(/no permission/);
    expect(() => make({ perm: 'maybe' })).toThrow(/no permission/);
  });
});
