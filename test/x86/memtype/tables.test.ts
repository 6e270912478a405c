/** The compiled tables say what the rules say, for every key and every pair. */
import { expect, describe as group, test } from 'vitest';
import { settle } from '../../../src/bits/settings.ts';
import { split } from '../../../src/bits/word.ts';
import { compose } from '../../../src/memtype/combine.ts';
import { compile } from '../../../src/memtype/compile.ts';
import { answer, apply } from '../../../src/memtype/rule.ts';
import { readStage1, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../../src/x86/descriptors/stage2.ts';
import {
  combineEpt,
  effectiveEpt,
  effectiveNpt,
  type MtrrType,
  patEntry,
  stage1,
  stage2,
} from '../../../src/x86/memtype/index.ts';
import { PATS } from '../../../src/x86/values/pat.ts';

const LAYOUTS = [
  ['32', 1],
  ['32', 2],
  ['pae', 1],
  ['pae', 2],
  ['4l', 1],
  ['4l', 2],
  ['4l', 3],
  ['5l', 1],
] as const;
const ILLEGAL = 0x0702_0506_0007_0103n; // entries 0 and 6 hold reserved types

group.each(LAYOUTS)('%s paging, level %i', (mode, level) => {
  test('PAT, PCD and PWT: every key, every PAT', () => {
    for (const pat of [...Object.values(PATS), ILLEGAL]) {
      const settings = settle(stage1Settings, { mode, level, pat });
      const table = compile(stage1, { settings, pat });
      expect(table.gather.width).toBe(3);
      const leaf = level > 1 ? 0x81n : 1n;
      for (let key = 0; key < table.lut.length; key++) {
        const word = table.gather.scatter(key) | leaf;
        const want = apply(stage1, word, { settings, pat }).value;
        expect(table.at(...split(word))).toBe(want);
        expect(readStage1(word, settings).facts.memory).toBe(want);
      }
    }
  });
});

group.each([1, 2, 3])('EPT, level %i', level => {
  const settings = settle(stage2Settings, { level });
  const table = compile(stage2, settings);

  test('memory type and IPAT: every key', () => {
    expect(table.lut.length).toBe(16);
    for (let key = 0; key < table.lut.length; key++) {
      const word = table.gather.scatter(key) | (level > 1 ? 0x87n : 7n);
      const want = apply(stage2, word, settings).value;
      expect(table.at(...split(word))).toEqual(want);
      const { facts } = readStage2(word, settings);
      expect(want.is === 'misconfigured').toBe(facts.misconfiguration.includes('memtype'));
      if (want.is !== 'misconfigured')
        expect([want.type, want.is === 'override']).toEqual([facts.memory, facts.ignorePat]);
    }
  });

  test('with the guest’s PAT: every pair', () => {
    const guest = compile(stage1, { settings: settle(stage1Settings, { level: 1 }), pat: ILLEGAL });
    const pairs = compose(table, guest, (ept, pat) => combineEpt(answer(ept), answer(pat)));
    for (let key = 0; key < 16; key++)
      for (let index = 0; index < 8; index++) {
        const [memType, ipat] = [key & 7, key >> 3];
        const row = table.lut[key] ?? 0;
        const column = guest.lut[index] ?? 0;
        expect(pairs.at(row, column)).toEqual(
          effectiveEpt({ memType, ipat, pat: patEntry(ILLEGAL, index) }).value,
        );
      }
  });
});

test('nested paging: every pair of PAT indices under every MTRR type', () => {
  const config = { settings: settle(stage1Settings, {}), pat: PATS.linux };
  const guest = compile(stage1, config);
  const host = compile(stage1, { ...config, pat: PATS.reset });
  for (const type of ['UC', 'WC', 'WT', 'WP', 'WB'] as const) {
    const mtrr = answer<MtrrType>({ is: 'type', type });
    const pairs = compose(guest, host, (guestPat, hostPat) =>
      effectiveNpt({ guestPat: answer(guestPat), hostPat: answer(hostPat), mtrr }),
    );
    for (let g = 0; g < 8; g++)
      for (let h = 0; h < 8; h++) {
        const want = effectiveNpt({
          guestPat: patEntry(PATS.linux, g),
          hostPat: patEntry(PATS.reset, h),
          mtrr,
        }).value;
        expect(pairs.at(guest.lut[g] ?? 0, host.lut[h] ?? 0)).toEqual(want);
      }
  }
});
