/** What holds for the descriptors of both stages under every setting and for every word. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contiguousFinding } from '../../../src/arm64/descriptors/common.ts';
import { stage1 } from '../../../src/arm64/descriptors/stage1.ts';
import { stage2 } from '../../../src/arm64/descriptors/stage2.ts';
import {
  blockSupported,
  contiguousEntries,
  GRANULES,
  type Granule,
  leafShift,
} from '../../../src/arm64/values/address.ts';
import { check, decode, EncodeError, encode, patch } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import { anyDescriptor, settingsOf } from '../../support/arbitrary.ts';

describe.each([stage1, stage2])('$id', family => {
  test('reads any word under any settings, and patching with what was read changes nothing', () => {
    fc.assert(
      fc.property(settingsOf(family.settings), anyDescriptor, (settings, word) => {
        const { format, kind, raw, findings } = family.read(word, settings as never);
        expect(raw).toBe(word);
        expect(family.kinds).toContain(kind);
        for (const { id, message, ref } of findings) {
          expect(id).toMatch(/^[a-z0-9-]+$/);
          expect(message).not.toBe('');
          expect(ref).toBeDefined();
        }
        expect(patch(format, word, decode(format, word))).toBe(word);
      }),
      { numRuns: 1500 },
    );
  });

  test('a word is rebuilt from its fields, with every reserved bit in order', () => {
    fc.assert(
      fc.property(settingsOf(family.settings), anyDescriptor, (settings, word) => {
        const { format } = family.read(word, settings as never);
        const fields = decode(format, word);
        let built: bigint;
        try {
          built = encode(format, fields);
        } catch (error) {
          expect(error).toBeInstanceOf(EncodeError); // a reserved encoding in the word
          return;
        }
        expect(decode(format, built)).toEqual(fields);
        expect(check(format, built).filter(({ id }) => /^res[01]/.test(id))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('every granule, level, address form and type gives the kind that the tables name', () => {
    for (const granule of GRANULES)
      for (const level of [-1, 0, 1, 2, 3])
        for (const ds of [0, 1] as const)
          for (const lpa of [0, 1] as const)
            for (const type of [0, 1, 2, 3]) {
              const s = settle(family.settings, { granule, level, ds, lpa });
              const { kind } = family.read(BigInt(type), s as never);
              const legalBlock = blockSupported({ granule, ds, lpa }, level);
              const want =
                type % 2 === 0
                  ? 'invalid'
                  : type === 3
                    ? level === 3
                      ? 'page'
                      : 'table'
                    : level < 3 && legalBlock
                      ? 'block'
                      : 'invalid';
              expect(`${granule} L${level} ds${ds} lpa${lpa} ${type}: ${kind}`).toBe(
                `${granule} L${level} ds${ds} lpa${lpa} ${type}: ${want}`,
              );
            }
  });

  test('D128 is refused by name, never decoded as 64-bit', () => {
    fc.assert(
      fc.property(settingsOf(family.settings), anyDescriptor, (settings, word) => {
        const { kind, facts, findings } = family.read(word, { ...(settings as object), d128: 1 } as never);
        expect(kind).toBe('vmsav9-128');
        expect(facts).toEqual({});
        expect(findings[0]?.message).toMatch(/VMSAv9-128/);
      }),
      { numRuns: 50 },
    );
  });

  test('every variant is what `layout` gives under its settings', () => {
    for (const { kind, settings, format } of family.variants())
      expect(family.layout(kind, settle(family.settings, settings as never) as never)).toBe(format);
  });

  test('the address reads back from every form, highest bit included', () => {
    for (const { kind, settings, format } of family.variants()) {
      if (kind === 'invalid') continue;
      const key = kind === 'table' ? 'next' : 'oa';
      const row = format.rows.find(row => row.key === key);
      if (!row) throw new Error(`${format.title} has no ${key}`);
      const s = settle(family.settings, settings as never) as unknown as {
        granule: Granule;
        level: number;
      };
      const low = kind === 'table' ? leafShift(s.granule, 3) : leafShift(s.granule, s.level);
      expect(row.shift, format.title).toBe(low);
      for (let bit = low; bit < low + row.pieces.reduce((n, [hi, lo]) => n + hi - lo + 1, 0); bit++)
        expect(decode(format, encode(format, { [key]: 1n << BigInt(bit) }))).toHaveProperty(
          key,
          1n << BigInt(bit),
        );
    }
  });
});

test('a Contiguous entry is in place iff input and output agree within the group', () => {
  const s = { granule: '4K', level: 3, ds: 0, lpa: 0 } as const;
  for (let slot = 0n; slot < 16n; slot++) {
    const ia = 0x4000_0000n + slot * 0x1000n;
    expect(contiguousFinding(0x8000_0000n + slot * 0x1000n, ia, s)).toEqual([]);
    expect(contiguousFinding(0x8000_0000n + ((slot + 1n) % 16n) * 0x1000n, ia, s)[0]?.id).toBe(
      'contiguous-misaligned',
    );
  }
  const s16 = (level: number) => contiguousEntries('16K', level);
  expect([s16(1), s16(2), s16(3)]).toEqual([1, 32, 128]); // 128 at level 3 but 32 at level 2
});
