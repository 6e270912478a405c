/** What a second stage decides alone: the rule, combined with every type of the first stage, agrees. */
import { describe, expect, test } from 'vitest';
import { combineStages } from '../../src/arm64/memtype/combine.ts';
import { agreement as agreementOfArm64 } from '../../src/arm64/memtype/meaning.ts';
import { s1DecodeMemAttrs } from '../../src/arm64/memtype/stage1.ts';
import { alone as aloneOnArm64, s2DecodeMemAttrs } from '../../src/arm64/memtype/stage2.ts';
import { answer } from '../../src/memtype/rule.ts';
import { combineEpt } from '../../src/x86/memtype/effective.ts';
import { agreement as agreementOfX86 } from '../../src/x86/memtype/meaning.ts';
import { alone as aloneUnderEpt, eptMemory } from '../../src/x86/memtype/stage2.ts';
import type { PatType } from '../../src/x86/values/attributes.ts';

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);

describe.each([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const)('MemAttr with FWB = %i, FEAT_MTE_PERM = %i', (fwb, mtePerm) => {
  test.each(BYTES.slice(0, 16))('%i', memAttr => {
    const second = s2DecodeMemAttrs(memAttr, 0b11, 0, { fwb, mtePerm }).value;
    if (second.is !== 'ok') return expect(second.is).toBe('reserved');
    const all = BYTES.map(byte => s1DecodeMemAttrs(byte, 0b11, { xs: 1, mte2: 1 }).value)
      .map(first => combineStages(first, second).value)
      .flatMap(both => (both.is === 'ok' ? [agreementOfArm64(both)] : []));
    const types = new Set(all.map(({ type }) => type));
    const kinds = new Set(all.map(({ kind }) => kind));
    const cached = new Set(all.map(each => each.cached));
    const [only] = types;
    const certain = {
      ...(types.size === 1 ? { type: only } : {}),
      ...(kinds.size === 1 ? { kind: all[0]?.kind } : {}),
      ...(cached.size === 1 ? { cached: all[0]?.cached } : {}),
    };
    const said = aloneOnArm64(second.wish);
    if (said) expect(certain).toMatchObject(said);
    else expect(cached.size).toBe(2);
  });
});

test.each([0, 1, 2, 3, 4, 5, 6, 7].flatMap(memType => [[memType, 0] as const, [memType, 1] as const]))(
  'EPT memory type %i with IPAT = %i',
  (memType, ipat) => {
    const ept = eptMemory({ memType, ipat });
    const all = (['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'] as const satisfies readonly PatType[])
      .map(pat => combineEpt(ept, answer(pat)).value)
      .flatMap(both => (both.is === 'type' ? [agreementOfX86(both.type)] : []));
    const said = aloneUnderEpt(ept.value);
    expect(said !== undefined).toBe(ept.value.is === 'override');
    if (said) for (const each of all) expect(each).toEqual(said);
  },
);
