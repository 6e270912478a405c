/**
 * Effective memory types: rules against the tables compiled from them for every key, laws that hold for every pair of
 * stages, and the manual's exceptions by name.
 */
import { describe, expect, test } from 'vitest';
import { readStage1, stage1Settings } from '../../../src/arm64/descriptors/stage1.ts';
import { stage2Settings } from '../../../src/arm64/descriptors/stage2.ts';
import { combineStages, stage1Only } from '../../../src/arm64/memtype/combine.ts';
import { hypervisorControls, NO_HYPERVISOR } from '../../../src/arm64/memtype/control.ts';
import { effective } from '../../../src/arm64/memtype/effective.ts';
import type { Effective } from '../../../src/arm64/memtype/meaning.ts';
import { parAttr } from '../../../src/arm64/memtype/par.ts';
import { s1DecodeMemAttrs, stage1 } from '../../../src/arm64/memtype/stage1.ts';
import { s2DecodeMemAttrs, stage2 } from '../../../src/arm64/memtype/stage2.ts';
import { stage1WalkMemory, stage2WalkMemory, walkMemAttrs } from '../../../src/arm64/memtype/walk-memory.ts';
import {
  DEVICE_TYPES,
  decodeAttr,
  isWriteBack,
  type Memory,
  policyOf,
} from '../../../src/arm64/values/attributes.ts';
import { memoryName } from '../../../src/arm64/values/names.ts';
import { settle } from '../../../src/bits/settings.ts';
import type { Bit } from '../../../src/bits/spec.ts';
import { compose } from '../../../src/memtype/combine.ts';
import { compile, lookup } from '../../../src/memtype/compile.ts';
import { apply } from '../../../src/memtype/rule.ts';

const BITS = [0, 1] as const;
const CODES = [0, 1, 2, 3] as const;
const NIBBLES = Array.from({ length: 16 }, (_, i) => i);
const BYTES = Array.from({ length: 256 }, (_, i) => i);
const ALL = { xs: 1, mte2: 1 } as const;

/** MAIR values whose sixteen bytes together show every kind of type. */
const MAIR = 0xf0_a0_40_33_4f_bb_44_ffn;
const MAIR2 = 0x0d_05_0c_04_00_77_c8_02n;

describe('rule and compiled table agree for every key', () => {
  const stage1Configs = [
    {},
    { aie: 1 },
    { ds: 1 },
    { regime: 'EL2' },
    { pie: 1, poe: 1 },
    { granule: '64K', level: 2 },
  ] as const;
  test.each(stage1Configs)('stage 1 %o', given => {
    for (const [xs, mte2] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const settings = settle(stage1Settings, given);
      const config = { settings, mair: MAIR, mair2: MAIR2, walkSh: 3, xs, mte2 };
      const table = compile(stage1, config);
      for (let key = 0; key < table.lut.length; key++) {
        const word = table.gather.scatter(key) | 0x0008_0000_4000_0403n;
        expect(lookup(table, word)).toEqual(apply(stage1, word, config).value);
      }
    }
  });

  const stage2Configs = BITS.flatMap(fwb =>
    BITS.flatMap(mtePerm => BITS.flatMap(ds => BITS.map(xs => ({ fwb, mtePerm, ds, xs })))),
  );
  test.each(stage2Configs)('stage 2 %o', ({ fwb, mtePerm, ds, xs }) => {
    const settings = settle(stage2Settings, { fwb, mtePerm, ds, xs });
    const config = { settings, fwb, mtePerm, walkSh: 2 };
    const table = compile(stage2, config);
    expect(table.lut.length).toBe(16 * (ds ? 1 : 4) * (xs ? 2 : 1));
    for (let key = 0; key < table.lut.length; key++) {
      const word = table.gather.scatter(key) | 0x0040_0000_4000_04c3n;
      expect(lookup(table, word)).toEqual(apply(stage2, word, config).value);
    }
    const first = compile(stage1, {
      settings: settle(stage1Settings, { aie: 1 }),
      mair: MAIR,
      mair2: MAIR2,
      walkSh: 3,
      ...ALL,
    });
    const pairs = compose(first, table, combineStages);
    first.palette.forEach((s1, i) => {
      table.palette.forEach((s2, j) => {
        expect(pairs.at(i, j)).toEqual(combineStages(s1, s2).value);
      });
    });
  });
});

interface Pair {
  readonly byte: number;
  readonly memAttr: number;
  readonly fwb: Bit;
  readonly mtePerm: Bit;
  readonly s1: Memory;
  readonly result: Effective;
}
/** Every byte that has a type with every MemAttr, both encodings. SH is Inner Shareable at both stages. */
function* everyPair(fnXS: Bit = 0): Generator<Pair> {
  for (const byte of BYTES) {
    const s1 = decodeAttr(byte, ALL);
    if (!s1) continue;
    for (const fwb of BITS)
      for (const mtePerm of BITS)
        for (const memAttr of NIBBLES) {
          const second = s2DecodeMemAttrs(memAttr, 3, fnXS, { fwb, mtePerm }).value;
          const result = combineStages(s1DecodeMemAttrs(byte, 3, ALL).value, second).value;
          yield { byte, memAttr, fwb, mtePerm, s1, result };
        }
  }
}

describe('laws of the combination, over every pair of stages', () => {
  const strength = (memory: Memory): number =>
    memory.type === 'device' ? DEVICE_TYPES.indexOf(memory.device) : 4;

  test('without FWB the result is never weaker ordered, and never more cacheable, than stage 1', () => {
    for (const { fwb, s1, result } of everyPair()) {
      if (fwb || result.is !== 'ok') continue;
      const { memory } = result;
      expect(strength(memory)).toBeLessThanOrEqual(strength(s1));
      if (memory.type !== 'normal' || s1.type !== 'normal') continue;
      const rank = { NC: 0, WT: 1, WB: 2 };
      expect(rank[policyOf(memory.inner)]).toBeLessThanOrEqual(rank[policyOf(s1.inner)]);
      expect(rank[policyOf(memory.outer)]).toBeLessThanOrEqual(rank[policyOf(s1.outer)]);
    }
  });

  test('Write-Back inside and outside has XS 0, whatever stage 1 said; everything else keeps it', () => {
    for (const { s1, result } of everyPair()) {
      if (result.is !== 'ok') continue;
      expect(result.memory.xs).toBe(isWriteBack(result.memory) ? 0 : s1.xs);
    }
    for (const { result } of everyPair(1)) if (result.is === 'ok') expect(result.memory.xs).toBe(0);
  });

  test('a Tagged result comes from Tagged memory and is Write-Back, Read- and Write-Allocate', () => {
    for (const { s1, result } of everyPair()) {
      if (result.is !== 'ok') continue;
      if (result.memory.tagged) {
        expect(s1.tagged).toBe(1);
        expect(result.memory).toMatchObject({ outer: 'WBrw', inner: 'WBrw' });
      }
      if (result.noTagAccess) expect(result.memory.tagged).toBe(1);
    }
  });

  test('Device and Non-cacheable results are Outer Shareable with any SH at either stage', () => {
    for (const byte of [0x00, 0x04, 0x44, 0xff, 0x4f])
      for (const s1sh of CODES)
        for (const s2sh of CODES)
          for (const memAttr of NIBBLES) {
            const s2 = s2DecodeMemAttrs(memAttr, s2sh, 0, { fwb: 0, mtePerm: 0 }).value;
            const result = combineStages(s1DecodeMemAttrs(byte, s1sh, ALL).value, s2).value;
            if (result.is !== 'ok') continue;
            const { memory, sh } = result;
            const outer = memory.type === 'device' || (memory.inner === 'NC' && memory.outer === 'NC');
            if (outer) expect(sh).toEqual(['OSH']);
            else if (s1sh !== 1 && s2sh !== 1) expect(sh).toHaveLength(1); // reserved fields leave a choice
          }
  });

  test('what is reserved or unpredictable is said, never guessed', () => {
    const counts = { reserved: 0, unpredictable: 0 };
    for (const byte of BYTES)
      for (const memAttr of NIBBLES) {
        const s1 = s1DecodeMemAttrs(byte, 3, { xs: 0, mte2: 0 }).value;
        const { is } = combineStages(s1, s2DecodeMemAttrs(memAttr, 3, 0, { fwb: 1, mtePerm: 1 }).value).value;
        if (is !== 'ok') counts[is as keyof typeof counts]++;
      }
    // 27 bytes have no type without FEAT_XS and FEAT_MTE2; with MTE_PERM 0b0100 and 0b1000 to 0b1101 are reserved
    expect(counts).toEqual({ unpredictable: 27 * 16, reserved: 229 * 7 });
  });
});

describe('the manual by name', () => {
  const both = (byte: number, memAttr: number, fwb: Bit, sh = 3): string => {
    const s2 = s2DecodeMemAttrs(memAttr, sh, 0, { fwb, mtePerm: 0 }).value;
    const { value } = combineStages(s1DecodeMemAttrs(byte, sh, ALL).value, s2);
    return value.is === 'ok' ? `${memoryName(value.memory)} ${value.sh.join('/')}` : value.is;
  };

  test('a BAR mapped Device at stage 2: the guest cannot make it cacheable, with or without FWB', () => {
    for (const fwb of BITS)
      for (const byte of [0xff, 0xbb, 0x44]) expect(both(byte, 1, fwb)).toMatch(/^Device-nGnRE( XS=0)? OSH$/);
    expect(both(0x00, 1, 1)).toBe('Device-nGnRnE OSH'); // Device combines: the stronger stays, with FWB too
  });

  test('a BAR mapped Normal-NC at stage 2: guest Device stays Device, guest Write-Back becomes NC', () => {
    for (const fwb of BITS) {
      expect(both(0x04, 5, fwb)).toBe('Device-nGnRE OSH');
      expect(both(0x44, 5, fwb)).toBe('Normal NC OSH');
      expect(both(0xff, 5, fwb)).toBe('Normal NC XS=0 OSH');
    }
  });

  test('RAM: without FWB the guest decides, with FWB = 1 Write-Back is forced even on Device', () => {
    expect(both(0x44, 15, 0)).toBe('Normal NC OSH');
    expect(both(0x04, 15, 0)).toBe('Device-nGnRE OSH');
    expect(both(0x44, 6, 1)).toBe('Normal WB RWA ISH/OSH'); // R_NSCNC: stage 1 NC may count as Outer Shareable
    expect(both(0x04, 6, 1)).toBe('Normal WB RWA ISH/OSH');
    expect(both(0xff, 6, 1)).toBe('Normal WB RWA ISH');
    expect(both(0x44, 7, 1)).toBe('Normal NC OSH');
  });

  test('hints survive: transient stays transient, forced Write-Back keeps Read-Allocate alone', () => {
    expect(both(0x77, 10, 0)).toBe('Normal WT RWA Transient XS=0 ISH');
    expect(both(0xaa, 6, 1)).toBe('Normal WB RA ISH');
  });

  test('a mixed type is shareable as its SH fields say; only both halves Non-cacheable force Outer', () => {
    expect(both(0x4f, 15, 0)).toBe('Normal oNC iWB RWA ISH');
  });
});

describe('control registers', () => {
  const question = {
    access: 'data',
    hcr: { ...NO_HYPERVISOR, vm: 1 },
    sctlr: { m: 1, c: 1, i: 1 },
    features: ALL,
    mair: 0xff,
    s1sh: 3,
    s2attr: 15,
    s2sh: 3,
    fnxs: 0,
    mtePerm: 0,
  } as const;
  const name = (changes: object): string => {
    const { value } = effective({ ...question, ...changes } as Parameters<typeof effective>[0]);
    return value.is === 'ok'
      ? `${memoryName(value.memory)} ${value.sh.join('/')}`
      : `${value.is}: ${value.why}`;
  };

  test('stage 1 off: Device for data, by SCTLR.I for fetches, Write-Back with DC', () => {
    const off = { m: 0, c: 1, i: 1 } as const;
    expect(name({ sctlr: off })).toBe('Device-nGnRnE OSH');
    expect(name({ sctlr: off, access: 'ifetch' })).toBe('Normal WT RA OSH');
    expect(name({ sctlr: { ...off, i: 0 }, access: 'ifetch' })).toBe('Normal NC OSH');
    expect(name({ sctlr: off, hcr: { ...NO_HYPERVISOR, dc: 1 } })).toBe('Normal WB RWA ISH');
    expect(name({ sctlr: off, hcr: { ...NO_HYPERVISOR, dc: 1, dct: 1 } })).toBe('Normal WB RWA Tagged ISH');
  });

  test('SCTLR.C = 0 makes data Non-cacheable; whether it stays Tagged is not certain', () => {
    const { value } = effective({
      ...question,
      hcr: NO_HYPERVISOR,
      sctlr: { m: 1, c: 0, i: 1 },
      mair: 0xf0,
    });
    expect(value).toMatchObject({ is: 'ok', memory: { outer: 'NC', inner: 'NC', xs: 0, tagged: null } });
  });

  test('CD overrides stage 2 without FWB, and the combined type with it', () => {
    const cd = { ...NO_HYPERVISOR, vm: 1, cd: 1 } as const;
    expect(name({ hcr: cd })).toBe('Normal NC XS=0 OSH');
    expect(name({ hcr: cd, mair: 0x04 })).toBe('Device-nGnRE OSH');
    expect(name({ hcr: { ...cd, fwb: 1 }, mair: 0x04, s2attr: 6 })).toBe('Normal NC XS=0 OSH');
    expect(name({ hcr: cd, access: 'ifetch' })).toBe('Normal WB RWA ISH'); // ID is the bit for fetches
  });

  test('a fetch from Device has no certain outcome', () => {
    expect(name({ access: 'ifetch', mair: 0x04 })).toBe('constrained-unpredictable: ifetch-from-device');
    expect(name({ access: 'ifetch', s2attr: 1 })).toBe('constrained-unpredictable: ifetch-from-device');
  });

  test('{E2H, TGE} = {1, 1}: EL0 is of EL2&0, stage 1 is on by SCTLR_EL2.M, and there is no stage 2', () => {
    const host = hypervisorControls((1n << 34n) | (1n << 27n) | (0b11n << 32n) | (1n << 12n) | 1n);
    expect(host).toMatchObject({ vm: 0, dc: 0, cd: 0, id: 0, tge: 0 });
    expect(name({ hcr: host, mair: 0xff, s2attr: 1 })).toBe('Normal WB RWA ISH');
    expect(name({ hcr: hypervisorControls(1n << 27n), mair: 0xff })).toBe('Device-nGnRnE OSH');
    expect(hypervisorControls((1n << 27n) | 0b101n)).toMatchObject({ vm: 1, ptw: 0, tge: 1 });
  });

  test('every answer carries its reasons, each with a rule and a reference', () => {
    const { why } = effective({ ...question, hcr: { ...NO_HYPERVISOR, vm: 1, fwb: 1, cd: 1 }, s2attr: 6 });
    expect(why.map(({ rule }) => rule)).toEqual([
      'arm64.S1DecodeMemAttrs',
      'arm64.S2DecodeMemAttrs',
      'arm64.S2ApplyFWBMemAttrs',
      'arm64.S2CacheOverride',
      'arm64.EffectiveShareability',
    ]);
    for (const { ref, result } of why) {
      expect(ref.where).not.toBe('');
      expect(result).not.toBe('');
    }
  });
});

describe('table walks', () => {
  const walk = { irgn: 1, orgn: 1, sh: 3 };
  const on = { m: 1, c: 1, i: 1 } as const;
  const s2 = (memAttr: number) => () => s2DecodeMemAttrs(memAttr, 3, 0, { fwb: 0, mtePerm: 0 });
  const memory = (is: ReturnType<typeof stage1WalkMemory>['value']): string =>
    is.is === 'ok' ? `${memoryName(is.memory)} ${is.sh.join('/')}` : `${is.is}: ${is.why}`;

  test('IRGN and ORGN name the type, SCTLR.C = 0 and CD = 1 take caching away', () => {
    const types = CODES.map(code =>
      memoryName(walkMemAttrs({ irgn: code, orgn: code, sh: 3 }, ALL, true).value.memory),
    );
    expect(types).toEqual(['Normal NC', 'Normal WB RWA', 'Normal WT RA', 'Normal WB RA']);
    expect(memory(stage1WalkMemory(walk, on, ALL).value)).toBe('Normal WB RWA ISH');
    expect(memory(stage1WalkMemory(walk, { ...on, c: 0 }, ALL).value)).toBe('Normal NC OSH');
    expect(memory(stage2WalkMemory(walk, { ...NO_HYPERVISOR, vm: 1, cd: 1 }, ALL).value)).toBe(
      'Normal NC OSH',
    );
  });

  test('a stage 1 walk through stage 2 Device memory is Non-cacheable, or faults with PTW', () => {
    const vm = { ...NO_HYPERVISOR, vm: 1 } as const;
    expect(memory(stage1WalkMemory(walk, on, ALL, vm, s2(15)).value)).toBe('Normal WB RWA ISH');
    expect(memory(stage1WalkMemory(walk, on, ALL, vm, s2(1)).value)).toMatch(/^Normal NC( XS=0)? OSH$/);
    expect(memory(stage1WalkMemory(walk, on, ALL, { ...vm, ptw: 1 }, s2(1)).value)).toBe(
      'fault: stage-1-walk-on-device',
    );
  });
});

test('PAR_EL1 shows every type as the MAIR byte that encodes it, but for hints that a special form drops', () => {
  for (const byte of BYTES) {
    const memory = decodeAttr(byte, ALL);
    if (!memory) continue;
    const par = parAttr(memory, 0);
    const again = decodeAttr(par, ALL);
    expect(again).toBeDefined();
    if (par === byte) continue;
    // two bytes for one meaning: transience without allocation hints is no encoding of its own
    expect(again && stage1Only({ is: 'ok', memory: again, sh: 3 }).value).toEqual(
      stage1Only({ is: 'ok', memory, sh: 3 }).value,
    );
  }
});

test('a stage 1 entry names its type by MAIR_ELx as the rule does', () => {
  const settings = settle(stage1Settings, { mair: MAIR });
  for (let index = 0; index < 8; index++) {
    const word = 0x4000_0403n | BigInt(index << 2);
    const said = apply(stage1, word, { settings, mair: MAIR, mair2: 0n, walkSh: 3, ...ALL }).value;
    expect(readStage1(word, settings).facts.memory).toBe(
      said.is === 'ok' ? memoryName(said.memory) : 'UNPREDICTABLE',
    );
  }
});
