/** What every family promises, whatever its words: commands, docs and JSON are driven by these promises alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, decode, encode, kindMask, patch } from '../../src/bits/codec.ts';
import { describe as described } from '../../src/bits/describe.ts';
import type { Fact, Family } from '../../src/bits/family.ts';
import { settle } from '../../src/bits/settings.ts';
import { citation } from '../../src/refs.ts';
import { settingsOf } from './arbitrary.ts';

const words = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: 0n, max: (1n << 40n) - 1n }).map(low => low | 1n),
  fc.constantFrom(0n, 1n, 3n, (1n << 63n) - 1n, (1n << 64n) - 1n),
);
const RESERVED: readonly string[] = ['res0', 'res1', 'fixed'];
type Fields = Readonly<Record<string, number | bigint>>;
const show = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? `0x${part.toString(16)}` : part,
  );

/** Everything that a fact may be, and nothing that prints as a mistake. */
function badFact(fact: Fact | undefined, path: string): string[] {
  if (fact === undefined || fact === null || typeof fact === 'boolean') return [];
  if (typeof fact === 'number') return Number.isFinite(fact) ? [] : [`${path} is ${fact}`];
  if (typeof fact === 'bigint') return fact >= 0n && fact < 1n << 64n ? [] : [`${path} is ${fact}`];
  if (typeof fact === 'string')
    return fact === '' || /undefined|NaN|\[object/.test(fact) ? [`${path} says '${fact}'`] : [];
  if (Array.isArray(fact)) return fact.flatMap((part: Fact, index) => badFact(part, `${path}[${index}]`));
  return Object.entries(fact).flatMap(([key, part]) => badFact(part as Fact | undefined, `${path}.${key}`));
}

/** Positions as the manuals print them, inside the word, `''` for the whole word. */
function badBits(bits: string, width: number): boolean {
  if (bits === '') return false;
  return bits.split(',').some(piece => {
    const match = /^(\d+)(?::(\d+))?$/.exec(piece);
    const hi = Number(match?.[1]);
    const lo = Number(match?.[2] ?? hi);
    return !match || hi >= width || lo > hi || (match[2] !== undefined && lo === hi);
  });
}

/**
 * The tests of one family.
 * @param elsewhere kinds that are drawn with another kind or with another family
 */
export function promisesOfFamily(family: Family, elsewhere: readonly string[] = []): void {
  test('reads any word into facts that can be printed and findings that can be looked up', () => {
    fc.assert(
      fc.property(settingsOf(family.settings), words, (settings, word) => {
        const { kind, raw, format, facts, findings } = family.read(word, settings);
        expect(family.kinds).toContain(kind);
        expect(raw).toBe(word);
        const fits = format.width === 32 ? word & 0xffff_ffffn : word;
        expect(patch(format, fits, decode(format, fits))).toBe(fits);
        expect(described(format, word).length).toBe(format.rows.length);
        expect(badFact(facts as Fact, 'facts')).toEqual([]);
        for (const finding of findings) {
          const said = show(finding);
          expect(finding.id, said).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
          expect(['error', 'warning', 'note'], said).toContain(finding.severity);
          expect(badBits(finding.bits, Math.max(format.width, 64)), said).toBe(false);
          expect(finding.message, said).not.toMatch(/undefined|NaN|\[object|^.{0,10}$|\.$/);
          if (finding.ref) expect(citation(finding.ref), said).not.toContain('undefined');
          if ((finding.id.endsWith('-set') || finding.id === 'address-size') && finding.bits !== '')
            for (const piece of finding.bits.split(',')) {
              const [hi = 0, lo = hi] = piece.split(':').map(Number);
              const ones = (1n << BigInt(hi - lo + 1)) - 1n;
              expect((word >> BigInt(lo)) & ones, `${said} in 0x${word.toString(16)}`).toBe(ones);
            }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('reads with the layout that it names for the kind', () => {
    fc.assert(
      fc.property(settingsOf(family.settings), words, (settings, word) => {
        const { kind, format } = family.read(word, settings);
        const layout = family.layout(kind, settings);
        if (layout && !format.id.endsWith('invalid-type'))
          expect(Object.keys(decode(layout, word)), kind).toEqual(Object.keys(decode(format, word)));
      }),
      { numRuns: 100 },
    );
  });

  test('has layouts whose fields can be written again, but for reserved bits', () => {
    for (const { format } of family.variants())
      fc.assert(
        fc.property(words, word => {
          const fits = format.width === 32 ? word & 0xffff_ffffn : word;
          const fields = decode(format, fits & ~kindMask(format, 'res0', 'res1', 'fixed')) as Fields;
          const legal = Object.fromEntries(
            format.rows.flatMap(row => {
              if (RESERVED.includes(row.kind)) return [];
              const value = fields[row.key] ?? 0;
              return typeof row.values?.[Number(value)] === 'object' ? [] : [[row.key, value]]; // a reserved value
            }),
          );
          const made = encode(format, legal);
          const again = decode(format, made) as Fields;
          for (const [key, value] of Object.entries(legal)) expect(again[key]).toBe(value);
          expect(check(format, made).filter(({ id }) => /^res[01]/.test(id))).toEqual([]);
        }),
        { numRuns: 25 },
      );
  });

  test('lists variants that are its layouts, each once', () => {
    const seen = new Set<string>();
    for (const { kind, settings, format } of family.variants()) {
      expect(
        family.layout(kind, settle(family.settings, settings))?.rows,
        `${kind} ${show(settings)}`,
      ).toEqual(format.rows);
      expect(family.kinds).toContain(kind);
      const heading = `${kind} ${show(settings)}`;
      expect(seen.has(heading), heading).toBe(false);
      seen.add(heading);
    }
    const drawn = [...new Set(family.variants().map(({ kind }) => kind))];
    expect(family.kinds.filter(kind => !drawn.includes(kind) && !elsewhere.includes(kind))).toEqual([]);
  });

  test('has settings whose defaults can be typed', () => {
    for (const [key, setting] of Object.entries(family.settings)) {
      expect(setting.describe.trim(), key).not.toBe('');
      expect(setting.parse(`${setting.default}`), key).toEqual(setting.default);
    }
  });
}
