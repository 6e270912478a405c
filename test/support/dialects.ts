/** Regimes to test walkers with, and words that their tables may hold. */
import { stage1Tables, stage2Tables } from '../../src/arm64/walk/tables.ts';
import { stage2Tables as eptTables, stage1Tables as linearTables } from '../../src/x86/walk/tables.ts';
import { type Dialect, dialect } from './trees.ts';

const bits = (...positions: number[]): bigint =>
  positions.reduce((word, bit) => word | (1n << BigInt(bit)), 0n);
export const AF = 1n << 10n;

/** Stage 2 words: page or block, plain and with every bit that a real table varies. */
const stage2 = (
  settings: Parameters<typeof stage2Tables>[0]['settings'],
  startLevel: number,
  indexBits: number,
) =>
  dialect(stage2Tables({ settings, startLevel, indexBits, base: 0x10_0000n }), {
    tables: [3n, 3n | bits(58), 3n | bits(2, 6)],
    leaves: level =>
      [0n, bits(2, 3, 4, 5, 6, 7), bits(6), bits(53), bits(54, 55), bits(51, 7), bits(52), bits(58, 2)].map(
        attributes => attributes | AF | (level === 0 ? 3n : 1n),
      ),
    others: [0x400n, 0x400n, 0x1234_5678_0000n, 2n, 0xffff_ffff_ffff_fffen, 0x1000n, 0x2000n, 1n],
  });
const stage1 = (
  settings: Parameters<typeof stage1Tables>[0]['settings'],
  startLevel: number,
  upper: boolean,
) =>
  dialect(
    stage1Tables({
      settings,
      startLevel,
      indexBits: 9,
      base: 0x10_0000n,
      iaBits: 39 + 9 * (1 - startLevel),
      upper,
    }),
    {
      tables: [3n, 3n | bits(61), 3n | bits(62), 3n | bits(59), 3n | bits(60, 63)],
      leaves: level =>
        [0n, bits(7), bits(2), bits(54), bits(53, 11)].map(more => more | AF | (level === 0 ? 3n : 1n)),
      others: [0x800n, 0xdead_beefn << 12n, 2n],
    },
  );

/** x86 words: present, writable, user, accessed, dirty, PAT bits, NX; what is not present says nothing or something. */
const LINEAR = {
  tables: [0x67n, 0x27n, 0x63n, 0x67n | bits(63), 0x65n],
  leaves: (level: number) =>
    [0n, bits(1), bits(2), bits(3, 4), bits(63), bits(5), bits(6, 5), bits(8)].map(
      attributes => attributes | 1n | (level === 0 ? 0n : bits(7)),
    ),
  others: [0x1234_5000n, 0x1000n, 2n, 0x2000n, bits(63), 1n | bits(51), 0xffff_ffff_ffff_fffen],
};
/** EPT words; the empty entry of KVM has only the suppress-#VE bit. */
const EPT = {
  tables: [7n, 3n, 7n | bits(8), 5n],
  leaves: (level: number) =>
    [0n, bits(1), bits(6), bits(3, 4), bits(8), bits(9, 8), bits(63)].map(
      attributes => attributes | 5n | bits(4, 5) | (level === 0 ? 0n : bits(7)),
    ),
  others: [bits(63), bits(63), bits(63), 0n, 2n, 6n, bits(63) | 0x1000n, 0x3000n, 7n | bits(3)],
};
const linear = (mode: 'pae' | '4l' | '5l') =>
  dialect(linearTables({ settings: { mode, nxe: 1, maxphyaddr: 46 }, base: 0x10_0000n }), LINEAR);

export const DIALECTS: Readonly<Record<string, Dialect>> = {
  'stage 2, 4K': stage2({}, 1, 9),
  'stage 2, 4K, concatenated roots': stage2({}, 1, 12),
  'stage 2, 4K, small root': stage2({}, 2, 5),
  'stage 2, 4K, output size 40 bits': stage2({ oaBits: 40 }, 1, 9),
  'stage 2, 4K, LPA2': stage2({ ds: 1, oaBits: 52 }, 0, 4),
  'stage 2, 16K, LPA2': stage2({ granule: '16K', ds: 1, oaBits: 52 }, 2, 4),
  'stage 2, 64K, LPA': stage2({ granule: '64K', lpa: 1, oaBits: 52 }, 2, 6),
  'stage 1, 4K': stage1({ regime: 'EL1&0' }, 1, false),
  'stage 1, 4K, upper range': stage1({ regime: 'EL1&0' }, 1, true),
  'stage 1, 4K, LPA2': stage1({ regime: 'EL1&0', ds: 1, oaBits: 52 }, 1, false),
  'x86, 4 levels': linear('4l'),
  'x86, 5 levels': linear('5l'),
  'x86, PAE': linear('pae'),
  'EPT, 4 levels': dialect(eptTables({ settings: { maxphyaddr: 46 }, walkLength: 4, base: 0x10_0000n }), EPT),
};
