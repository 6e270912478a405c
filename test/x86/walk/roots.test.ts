/** Which translation a set of registers gives, and what is taken for granted where some are missing. */
import { expect, test } from 'vitest';
import { candidates } from '../../../src/x86/walk/roots.ts';

const paging = (registers: Readonly<Record<string, bigint>>, ia32?: boolean) => {
  const machine = { maxphyaddr: 40, ...(ia32 === undefined ? {} : { ia32 }) };
  const [only] = candidates(new Map(Object.entries(registers)), machine).found;
  return { levels: only?.regime.levels.length, entryBytes: only?.regime.entryBytes, assumed: only?.assumed };
};

test('CR3 and CR4 without EFER: CR4.PAE decides between 32-bit paging and four levels', () => {
  const assumed = (mode: string) => expect.arrayContaining([`CR0, EFER not given: ${mode}`]);
  for (const [CR4, levels, entryBytes, mode] of [
    [0n, 2, 4, '32-bit or PAE paging with NXE'],
    [0x10n, 2, 4, '32-bit or PAE paging with NXE'],
    [0xdfn, 2, 4, '32-bit or PAE paging with NXE'],
    [0x20n, 4, 8, '4-level paging with NXE'],
    [0x1020n, 5, 8, '4-level paging with NXE'],
  ] as const)
    expect(paging({ CR3: 0x1000n, CR4 }), `CR4 = 0x${CR4.toString(16)}`).toEqual({
      levels,
      entryBytes,
      assumed: assumed(mode),
    });
});

test('a 32-bit core with PAE and without EFER has PAE paging', () => {
  expect(paging({ CR3: 0x1000n, CR4: 0x20n }, true)).toMatchObject({ levels: 3, entryBytes: 8 });
});
