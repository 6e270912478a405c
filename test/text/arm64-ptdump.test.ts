/** The kernel's dump of its tables on arm64: first versions without levels, rows that a mail program broke. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);

test('without a column of levels, with the markers of that time', () => {
  const text = `---[ vmemmap start ]---
0xffffffbdc0200000-0xffffffbdc4800000          70M     RW NX SHD AF    UXN MEM/NORMAL
---[ Kernel Mapping ]---
0xffffffc000000000-0xffffffc000080000         512K     RW NX SHD AF    UXN MEM/NORMAL
0xffffffc000080000-0xffffffc000200000        1536K     ro x  SHD AF    UXN MEM/NORMAL
`;
  const { parts, unknown } = readText(text);
  expect(says(text)).toEqual([
    'va ffffffbdc0200000-ffffffbdc4800000, under vmemmap, +accessed -executePrivileged -executeUser +global shareability=inner type=Normal -user +valid +write',
    'va ffffffc000000000-ffffffc000080000, under Kernel Mapping, +accessed -executePrivileged -executeUser +global shareability=inner type=Normal -user +valid +write',
    'va ffffffc000080000-ffffffc000200000, under Kernel Mapping, +accessed +executePrivileged -executeUser +global shareability=inner type=Normal -user +valid -write',
  ]);
  expect(parts.map(({ id }) => id)).toEqual(['arm64.ptdump']);
  expect(unknown).toBe(0);
});

describe('a row that is broken', () => {
  const whole =
    '0xffff60bf40000000-0xffff60bf40200000           2M PTE       RW NX SHD AF NG         UXN    MEM/NORMAL-TAGGED\n';
  test.each([
    ['after SHD', 'SHD AF', 'SHD\nAF'],
    ['before the type', '   MEM', '\nMEM'],
    ['after the level', 'PTE  ', 'PTE\n'],
    ['before the level', ' PTE', '\nPTE'],
  ])('%s', (_, from, to) => expect(says(whole.replace(from, to))).toEqual(says(whole)));

  test('and not completed: it says what it says, and nothing else', () => {
    const { items, remarks } = readText(
      '0xffff60bf40000000-0xffff60bf40200000           2M PTE       RW NX SHD\n',
    );
    expect(items.map(brief)).toEqual([
      'va ffff60bf40000000-ffff60bf40200000, PTE/3, -executePrivileged shareability=inner +write',
    ]);
    expect(remarks.map(({ text }) => text)).toContain(
      'a row without a memory type is cut off: only what it says is taken',
    );
  });
});

test('a hole of KVM’s first dumps below a row of theirs, without a heading', () => {
  const { parts, items } = readText(`0x0000000040000000-0x0000000040200000           2M PMD   XN R W AF BLK
0x0000000040200000-0x0000000080000000        1022M PMD
0x0000000080000000-0x0000000080001000           4K PTE      R W AF
`);
  expect(parts.map(({ id }) => id)).toEqual(['arm64.kvm-stage2']);
  expect(items.map(item => item.is === 'range' && item.space)).toEqual(['ipa', 'ipa', 'ipa']);
});
