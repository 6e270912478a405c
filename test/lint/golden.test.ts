/**
 * What lint says of every real dump. Each line was read beside the dump’s own description and tables; a change here is a
 * change of what users are told, and has to be read as carefully (`vitest run -u` writes the files).
 */
import { describe, expect, test } from 'vitest';
import { memattr } from '../cli/harness.ts';
import { FIXTURES, fixture } from '../support/fixtures.ts';

const DUMPS: readonly (readonly [name: string, dump: string, registers: string, ...more: string[]])[] = [
  ...['a57-nvhe-nofwb', 'max-nvhe-fwb', 'max-vhe-fwb'].map(
    name =>
      [
        name,
        `real/arm64/${name}/sparse.elf`,
        `real/arm64/${name}/registers.json`,
        '--map',
        `real/arm64/${name}/proc-iomem.txt`,
      ] as const,
  ),
  ...['fwb-dic-vhe', 'fwb-dic-vhe-64k-ipa52', 'nofwb-nvhe'].map(
    name =>
      [
        `linux-6.18-${name}`,
        `real/arm64-linux-6.18/${name}.elf`,
        `real/arm64-linux-6.18/${name}.registers.json`,
      ] as const,
  ),
  ...['bochs-ept-256m', 'bochs-types-224m', 'bochs-types-mtrr-240m'].map(
    name =>
      [
        name,
        `real/x86/${name}/sparse.elf`,
        `real/x86/${name}/regs.json`,
        '--map',
        `real/x86/${name}/proc_iomem.txt`,
      ] as const,
  ),
  ...[
    'qemu-32bit-192m',
    'qemu-4level-120m-full',
    'qemu-4level-160m',
    'qemu-4level-kaslr-pti-512m',
    'qemu-npt-256m',
    'qemu-npt-inside-l2-288m',
  ].map(
    name =>
      [
        name,
        `real/x86/${name}/sparse.elf`,
        `real/x86/${name}/regs.json`,
        '--map',
        `real/x86/${name}/info_mtree.txt`,
      ] as const,
  ),
  ...['amd-default-384m', 'intel-default-384m'].map(
    name =>
      [
        `linux-6.18-${name}`,
        `real/x86-linux-6.18/${name}.elf`,
        `real/x86-linux-6.18/${name}.registers.json`,
      ] as const,
  ),
];

describe('every real dump', () => {
  for (const [name, dump, registers, ...more] of DUMPS)
    test(name, async () => {
      const args = more.map(word => (word.startsWith('--') ? word : fixture(word)));
      const { out, err } = await memattr(
        [
          'lint',
          fixture(dump),
          '--registers',
          fixture(registers),
          '--root',
          'all',
          '--examples',
          '1',
          ...args,
        ],
        { env: { COLUMNS: '120' } },
      );
      const text = `${err}${out}`.replaceAll(FIXTURES, '');
      expect(out).toMatch(/\d+ errors?, \d+ warnings?, \d+ notes?; /);
      await expect(text).toMatchFileSnapshot(`${FIXTURES}golden/lint/${name}.txt`);
    });
});
