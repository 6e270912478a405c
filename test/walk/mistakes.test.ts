/**
 * Mistakes that other page-table walkers have made, as tests. Each is named after the mistake; where it was seen stands
 * beside it.
 */
import { expect, test } from 'vitest';
import { stage1Tables, stage2Tables } from '../../src/arm64/walk/tables.ts';
import { records } from '../../src/walk/record.ts';
import { KIND, type Regime } from '../../src/walk/regime.ts';
import { translate } from '../../src/walk/translate.ts';
import { walk } from '../../src/walk/walker.ts';
import { Memory } from '../support/memory.ts';

const S2_LEAF = 0x4c0n | (0xfn << 2n); // AF, S2AP read/write, MemAttr 0b1111
const S2_PAGE = S2_LEAF | 3n;
const S2_BLOCK = S2_LEAF | 1n;
const stage2 = stage2Tables({ settings: {}, startLevel: 1, indexBits: 9, base: 0x1000n });

const AF = 1n << 10n;
const S1_PAGE = AF | 3n;
const stage1 = (hpd: 0 | 1 = 0, upper = false): Regime =>
  stage1Tables({
    settings: { regime: 'EL1&0', hpd },
    startLevel: 2,
    indexBits: 9,
    base: upper ? 0x5000n : 0x1000n,
    iaBits: 30,
    upper,
  });

const ranges = (regime: Regime, memory: Memory) => {
  return [...records(regime, walk(regime, memory).leaves)];
};

test('a table whose entries are all equal is a table (volatility3 _get_valid_table, chipsec read_entries)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  for (let i = 0; i < 512; i++) memory.write(0x2000 + 8 * i, 0x4000_0000n | S2_BLOCK);
  expect(ranges(stage2, memory)).toHaveLength(512);
});

test('two inputs with the same output are two mappings (chipsec get_mem_range keys by physical address)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x2000, 0x4000_0000n | S2_BLOCK);
  memory.write(0x2010, 0x4000_0000n | S2_BLOCK);
  expect(ranges(stage2, memory).map(({ ipa, pa }) => [ipa, pa])).toEqual([
    ['0x0', '0x40000000'],
    ['0x400000', '0x40000000'],
  ]);
});

test('a leaf whose target page is not in the image is listed (volatility3 _mapping drops it)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x2000, 0x7777_0020_0000n | S2_BLOCK);
  expect(memory.page(0x7777_0020_0)).toBeUndefined();
  expect(ranges(stage2, memory).map(({ pa }) => pa)).toEqual(['0x777700200000']);
});

test('a table that cannot be read is reported, not silently absent (gdb-pt-dump except: pass)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x9_0003n);
  const result = walk(stage2, memory);
  expect(result.missingTotal).toBe(1);
  expect(result.missing[0]).toMatchObject({ address: 0x9_0000, input: 0 });
});

test('a 1-GByte block steps 1 GByte, whatever its address says (volatility3#1921)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x4000_2000n | S2_BLOCK); // bit 13 is RES0 in a level 1 block
  memory.write(0x1008, 0x8000_0000n | S2_BLOCK);
  const [first, second] = ranges(stage2, memory);
  expect(first).toMatchObject({ ipa: '0x0', size: '0x40000000', pa: '0x40000000' });
  expect(first?.findings.map(({ id, bits }) => [id, bits])).toEqual([['res0-set', '13']]);
  expect(second).toMatchObject({ ipa: '0x40000000', pa: '0x80000000' });
});

test('the offset in a block is added to the block address; misaligned bits are no address (zephyr#39182)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x2000, 0x4010_2000n | S2_BLOCK); // bits 20 and 13 lie below the 2-MByte block
  expect(translate(stage2, memory, 0x10_3456n)).toMatchObject({ outcome: 'mapped', output: 0x4010_3456n });
});

test('0b10 is invalid, 0b01 is invalid at level 3 and a block above it (gdb-pt-dump bits != 0, openvmm#308)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x2000, 0x4000_0000n | S2_LEAF | 2n);
  memory.write(0x2008, 0x3003n);
  memory.write(0x3000, 0x4000_0000n | S2_LEAF | 1n);
  memory.write(0x3008, 0x4000_1000n | S2_PAGE);
  const result = walk(stage2, memory, { payload: true });
  expect([...result.leaves.kind.slice(0, result.leaves.length)]).toEqual([
    KIND.payload,
    KIND.payload,
    KIND.leaf,
  ]);
});

test('APTable, PXNTable and UXNTable limit what is below; HPD turns them off (gdb-pt-dump drops them)', () => {
  const memory = new Memory();
  memory.write(0x1000, (0b10n << 61n) | (1n << 59n) | 0x2003n); // APTable[1]: no writes; PXNTable
  memory.write(0x2000, 0x8000n | S1_PAGE); // AP 0b00: privileged read/write
  expect(ranges(stage1(0), memory)[0]?.perm).toBe('r--/--x');
  expect(ranges(stage1(1), memory)[0]?.perm).toBe('rwx/--x');
});

test('AF and software bits do not make a page writable (memflow aarch64.rs, MemProcFS mm_arm64.c)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x2000, (0xfn << 55n) | (0b10n << 6n) | 0x8000n | S1_PAGE); // AP[2]: read-only
  expect(ranges(stage1(), memory)[0]?.perm).toBe('r-x/--x');
});

test('TTBR0 and TTBR1 are two ranges of one regime, walked together (gdb-pt-dump -ttbr0_el1 -ttbr1_el1)', () => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.write(0x5000, 0x2003n);
  memory.write(0x2000, 0x8000n | S1_PAGE);
  const both = [stage1(0, false), stage1(0, true)].flatMap(regime => ranges(regime, memory));
  expect(both.map(({ va, pa }) => [va, pa])).toEqual([
    ['0x0', '0x8000'],
    ['0xffffffffc0000000', '0x8000'],
  ]);
});
