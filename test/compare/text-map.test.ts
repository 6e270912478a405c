import { describe, expect, test } from 'vitest';
import { explained, otherRoot } from '../../src/compare/explain.ts';
import { fits, settled, type TextMap, textMaps } from '../../src/compare/text-map.ts';
import { readText } from '../../src/text/read.ts';
import type { Difference } from '../../src/walk/diff.ts';
import type { Level, Regime } from '../../src/walk/regime.ts';
import type { Space } from '../../src/walk/space.ts';

const mapsOf = (text: string): TextMap[] => textMaps(readText(text).items);
const mapOf = (text: string): TextMap => {
  const maps = mapsOf(text);
  expect(maps).toHaveLength(1);
  return maps[0] as TextMap;
};

/** As much of a translation as a text is asked about. */
function spaceOf(
  { id, arch, input }: Pick<Regime, 'id' | 'arch' | 'input'>,
  { shift = 21, address = 0x1000 } = {},
): Space {
  const levels = [{ shift: 12 }, { shift }] as Level[];
  const regime = { id, arch, input, levels, roots: [{ address }] } as unknown as Regime;
  return { candidate: { regime } } as unknown as Space;
}
const paging = spaceOf({ id: 'x86.4level', arch: 'x86', input: 'va' });
const stage1 = spaceOf({ id: 'arm64.stage1', arch: 'arm64', input: 'va' });
const stage2 = spaceOf({ id: 'arm64.stage2', arch: 'arm64', input: 'ipa' });

const PTDUMP = `---[ Linear Mapping start ]---
0xfff0000000000000-0xfff0000000210000        2112K PTE       RW NX     AF            UXN    MEM/NORMAL-TAGGED
0xfff0000000210000-0xfff0000000220000          64K PTE       RW NX SHD AF            UXN    MEM/NORMAL
0xfff0000000220000-0xfff0000000230000          64K PTE
`;
const TLB = `ffff888000000000: 0000000000000000 XG-DA---W
ffff888000200000: 0000000000200000 XGPDA---W
ffff888000400000: 0000000000400000 XGPDA---W
`;
const TAB = `cr3: 0x000001000000
0x0000000000400000-0x0000000000401fff -> 0x000001400000-0x000001401fff
`;
const X86_PTDUMP = `---[ User Space ]---
0x0000000000000000-0x0000000000001000           4K USR ro                 NX pte
`;

describe('a text as a map', () => {
  test('ptdump: what a line leaves unsaid, and the addresses that are spoken of', () => {
    const { from, space, sides, covers } = mapOf(PTDUMP);
    expect({ from, space }).toEqual({ from: 'arm64.ptdump', space: 'va' });
    expect(sides.map(({ says }) => says.shareability)).toEqual(['non', 'inner']);
    expect(covers).toEqual([{ input: 0xfff0000000000, end: 0xfff0000000230 }]);
  });

  test('info tab prints no holes: it speaks of all addresses', () => {
    const { sides, covers } = mapOf(TAB);
    expect(sides).toEqual([{ input: 0x400, frames: 2, output: 0x1400, says: {} }]);
    expect(covers).toBeUndefined();
  });

  test('info tlb: what the tool prints and no leaf determines is left out', () => {
    const [side] = mapOf(TLB).sides;
    expect(side?.says).toMatchObject({ write: 'true', global: 'true' });
    expect(Object.keys(side?.says ?? {})).not.toContain('valid');
    expect(Object.keys(side?.says ?? {})).not.toContain('block');
  });

  test('a walk step by step is the page that was asked for; the same page twice is one', () => {
    const text =
      '4016fc: L4@487c000=7278067 L3@7278000=70fd067 L2@70fd010=7279067 L1@7279008=3309025 -> 33096fc\n';
    const { sides, leftOut } = mapOf(text);
    expect({ sides, leftOut }).toEqual({
      sides: [{ input: 0x401, frames: 1, output: 0x3309, says: {} }],
      leftOut: 0,
    });
    expect(mapOf(text + text)).toMatchObject({ sides: [{ input: 0x401 }], leftOut: 0 });
  });

  test('lines that overlap others are counted', () => {
    const twice = `${TAB}0x0000000000401000-0x0000000000402fff -> 0x000001400000-0x000001401fff\n`;
    expect(mapOf(twice)).toMatchObject({ sides: [{ input: 0x400, frames: 2 }], leftOut: 1 });
  });

  test('chipsec’s dictionaries: the second level and the first are two maps', () => {
    const text = `{4096: {'addr': 8192, 'attr': 'RWX WB', 'size': '4KB'}}
{8192: {'addr': 4096, 'attr': 'W U', 'size': '4KB'}}
`;
    const seen = mapsOf(text).map(({ from, space, sides }) => ({ from, space, sides: sides.length }));
    expect(seen).toEqual([
      { from: 'chipsec.dict', space: 'gpa', sides: 1 },
      { from: 'chipsec.dict', space: 'va', sides: 1 },
    ]);
  });

  test('bare words are no map', () => {
    expect(mapsOf('0x8000000000000067\n')).toEqual([]);
  });
});

describe('which translation a text can be about', () => {
  test.each([
    ['arm64.ptdump', PTDUMP, { paging: false, stage1: true, stage2: false }],
    ['x86.ptdump', X86_PTDUMP, { paging: true, stage1: false, stage2: false }],
    ['qemu.info-tlb', TLB, { paging: true, stage1: false, stage2: false }],
    ['bochs.info-tab', TAB, { paging: true, stage1: false, stage2: false }],
    ['qemu.gva2gpa', '(qemu) gva2gpa 0x1000\ngpa: 0x2000\n', { paging: true, stage1: true, stage2: false }],
  ])('%s', (from, text, expected) => {
    const map = mapOf(text);
    expect(map.from).toBe(from);
    expect({
      paging: fits(map, paging),
      stage1: fits(map, stage1),
      stage2: fits(map, stage2),
    }).toEqual(expected);
  });
});

test('sizes that the reader guessed are those of the regime’s large pages', () => {
  const narrow = spaceOf({ id: 'x86.32bit', arch: 'x86', input: 'va' }, { shift: 22 });
  const frames = (space: Space) => settled(mapOf(TLB), space).sides.map(side => side.frames);
  expect(frames(paging)).toEqual([1, 0x200, 0x200]);
  expect(frames(narrow)).toEqual([1, 0x400, 0x400]);
});

describe('habits', () => {
  const vanished = (start: bigint, frames = 1): Difference => ({
    change: 'vanished',
    input: Number(start >> 12n),
    frames,
    values: {},
  });
  const changed = (values: Difference['values']): Difference => ({
    change: 'changed',
    input: 0,
    frames: 1,
    values,
  });

  test('Bochs lists nothing in a gap: to its last page, not beyond', () => {
    const text = mapOf(TAB);
    expect(explained(vanished(0xffff_8000_0000_0000n), text)).toContain('Bochs lists nothing');
    expect(explained(vanished(0xffff_fdff_ffff_f000n), text)).toContain('Bochs lists nothing');
    expect(explained(vanished(0xffff_fe00_0000_0000n), text)).toBeUndefined();
    expect(explained(vanished(0xffff_fdff_ffff_f000n, 2), text)).toBeUndefined();
    expect(explained({ ...vanished(0xffff_8000_0000_0000n), change: 'appeared' }, text)).toBeUndefined();
  });

  test('the kernel skips entries of espfix only where it says so', () => {
    const espfix = vanished(0xffff_ff00_0000_0000n);
    expect(explained(espfix, mapOf(X86_PTDUMP))).toBeUndefined();
    expect(explained(espfix, mapOf(`${X86_PTDUMP}... 483 entries skipped ... \n`))).toContain('espfix');
  });

  test('ptdump names the index of a tagged attribute: that and nothing else', () => {
    const text = mapOf(PTDUMP);
    expect(explained(changed({ type: ['Normal', 'Normal-Tagged'] }), text)).toContain('MAIR');
    expect(explained(changed({ type: ['Normal-Tagged', 'Normal'] }), text)).toBeUndefined();
    expect(
      explained(changed({ type: ['Normal', 'Normal-Tagged'], write: ['true', 'false'] }), text),
    ).toBeUndefined();
  });
});

test('QEMU lists the tables of CR3 at the moment of the dump', () => {
  const cpus = [{ registers: { CR3: 0x1000_0000n } }];
  expect(otherRoot(mapOf(TLB), paging, cpus)).toBe(
    'QEMU lists the tables of CR3, 0x10000000 by the dump’s notes, not those at 0x1000',
  );
  expect(otherRoot(mapOf(TLB), paging, [{ registers: { CR3: 0x1018n } }])).toBeUndefined();
  expect(otherRoot(mapOf(TLB), paging, [])).toBeUndefined();
  expect(otherRoot(mapOf(PTDUMP), stage1, cpus)).toBeUndefined();
});
