import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import {
  decodeMmioSpte,
  encodeMmioSpte,
  linuxEntry,
  linuxNotPresent,
  mmioMasks,
  readLinuxEntry,
} from '../../../src/x86/descriptors/software.ts';
import { anyWord } from '../../support/arbitrary.ts';

group('Linux entries', () => {
  test('swap: what is encoded is read again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 31 }),
        fc.bigInt({ min: 0n, max: (1n << 50n) - 1n }),
        fc.boolean(),
        (type, offset, exclusive) => {
          const entry = { kind: 'swap', type, offset, exclusive, uffdWp: false, softDirty: true } as const;
          expect(readLinuxEntry(linuxEntry(entry))).toEqual(entry);
        },
      ),
    );
  });
  test('a swap type or offset that does not fit is refused', () => {
    const entry = {
      kind: 'swap',
      type: 32,
      offset: 0n,
      exclusive: false,
      uffdWp: false,
      softDirty: false,
    } as const;
    expect(() => linuxEntry(entry)).toThrow(/x86.linux.swap: field 'type'.*cannot hold 0x20/);
    expect(() => linuxEntry({ ...entry, type: 0, offset: 1n << 50n })).toThrow(/x86.linux.swap/);
  });
  test('any entry comes back from its reading, but for unused bits of swap entries', () => {
    fc.assert(
      fc.property(anyWord, word => {
        const entry = readLinuxEntry(word);
        const unused = entry.kind === 'swap' ? 0xf0n : 0n;
        expect(linuxEntry(entry) & ~unused).toBe(word & ~unused);
      }),
      { numRuns: 1000 },
    );
  });
  test('PROT_NONE holds its frame inverted; an empty entry is not inverted', () => {
    expect(linuxNotPresent(0xffffffd62b960n)).toContain('frame 0x29d4 ');
    expect(linuxNotPresent(0n)).toBeUndefined();
    expect(linuxNotPresent(0x47ffffffee655c00n)).toBe('swap entry: type 8, offset 0x8cd51');
  });
});

group('KVM MMIO entries', () => {
  test.each([
    ['ept', 46, 0],
    ['ept', 39, 39],
    ['npt', 40, 0],
    ['npt', 46, 44],
  ] as const)(
    '%s, MAXPHYADDR %i, L1TF bits %i: gfn, generation and access survive',
    (kind, physBits, l1tf) => {
      const masks = mmioMasks(kind, physBits, l1tf);
      const width = l1tf ? l1tf - 12 : Math.min(physBits, 40) - 12;
      fc.assert(
        fc.property(
          fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }),
          fc.integer({ min: 0, max: 0x7ffff }),
          fc.constantFrom(0, 2, 4, 6),
          (gfn, generation, access) => {
            const word = encodeMmioSpte({ gfn, generation, access }, masks);
            expect(decodeMmioSpte(word, masks)).toEqual({
              gfn,
              generation,
              access: kind === 'ept' ? 0 : access,
            });
            expect(word & 7n).toBe(kind === 'ept' ? 6n : 1n | BigInt(access));
          },
        ),
      );
    },
  );
});
