import { describe, expect, test } from 'vitest';
import { plainWords as arm64, stage2PlainWords } from '../../src/arm64/memtype/plain-words.ts';
import { decodeAttr, decodeMemAttr } from '../../src/arm64/values/attributes.ts';
import { stage2PlainWords as ept, plainWords as x86 } from '../../src/x86/memtype/plain-words.ts';
import { eptMemory } from '../../src/x86/memtype/stage2.ts';

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const BITS = [0, 1] as const;

describe('arm64', () => {
  const attr = (byte: number): string => arm64(decodeAttr(byte, { xs: 1, mte2: 1 }));
  test.each([
    [0xff, /^ordinary cached memory$/],
    [0xf0, /^ordinary cached memory$/], // Tagged
    [0x44, /^uncached memory/],
    [0xf4, /^outer caches WB, inner caches NC$/],
    [0xbf, /^outer caches WT, inner caches WB$/],
    [0xbb, /written through$/],
    [0x00, /^device registers: every access, in order, acknowledged/],
    [0x04, /^device registers: every access, in order$/],
    [0x08, /not merged$/],
    [0x0c, /merged and reordered$/],
    [0x02, /^$/], // UNPREDICTABLE
  ])('MAIR byte %i', (byte, wanted) => expect(attr(byte)).toMatch(wanted));

  test('words where there is a type, none where there is none', () => {
    for (const byte of BYTES)
      expect(attr(byte) !== '').toBe(decodeAttr(byte, { xs: 1, mte2: 1 }) !== undefined);
  });

  const memAttr = (code: number, fwb: 0 | 1): string =>
    stage2PlainWords(decodeMemAttr(code, { fwb, mtePerm: 0 }).wish);
  test.each([
    [0b1111, 0, /^ordinary cached memory$/],
    [0b0101, 0, /^uncached memory/],
    [0b1101, 0, /^outer caches WB, inner caches NC$|^outer caches NC, inner caches WB$/],
    [0b0001, 0, /^device registers: every access, in order$/],
    [0b0100, 0, /^$/], // reserved
    [0b0110, 1, /whatever the guest asks/],
    [0b0101, 1, /or the guest’s device type$/],
    [0b0111, 1, /^as the guest asks/],
    [0b0001, 1, /^device registers: every access, in order$/],
  ] as const)('MemAttr %i, FWB=%i', (code, fwb, wanted) => expect(memAttr(code, fwb)).toMatch(wanted));

  test('every wish has words', () => {
    for (const fwb of BITS)
      for (const mtePerm of BITS)
        for (const code of BYTES.slice(0, 16)) {
          const { wish } = decodeMemAttr(code, { fwb, mtePerm });
          expect(stage2PlainWords(wish) !== '').toBe(wish !== undefined);
        }
  });
});

describe('x86', () => {
  test.each([
    ['WB', /^ordinary cached memory$/],
    ['UC-', /^uncached: every access/],
    ['UC', /^uncached: every access/],
    ['WC', /frame buffers$/],
    ['WP', /writes go to memory$/],
    ['reserved', /^$/],
    ['unspecified', /^$/],
    [undefined, /^$/], // the PAT is not known
  ] as const)('PAT %s', (type, wanted) => expect(x86(type)).toMatch(wanted));

  test.each([
    [6, 1, /whatever the guest’s PAT says$/],
    [6, 0, /unless the guest’s PAT says otherwise$/],
    [0, 1, /^uncached: every access/],
    [0, 0, /^uncached: every access/],
    [2, 0, /^$/], // misconfigured
  ] as const)('EPT type %i, IPAT %i', (memType, ipat, wanted) =>
    expect(ept(eptMemory({ memType, ipat }).value)).toMatch(wanted),
  );
});
