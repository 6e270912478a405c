/** Texts that say of a large page less than its size, or its base alone: what stands beside it, and the tables, tell the rest. */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { memattr } from './harness.ts';

const { write } = temporaryFolder();
const text = (lines: string): Uint8Array => new TextEncoder().encode(lines);

/** 4-level tables from 0x1000 on: 2 MiB at 0x200000, 1 GiB at 0x40000000. */
function memory(): Uint8Array {
  const bytes = new Uint8Array(0x4000);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x1000, 0x2027n, true);
  view.setBigUint64(0x2000, 0x3027n, true);
  view.setBigUint64(0x2008, 0x4000_00e7n, true);
  view.setBigUint64(0x3008, 0xcc0_00e7n, true);
  return bytes;
}

const diff = (name: string, lines: string) =>
  memattr([
    'diff',
    write('large.raw', memory()),
    write(name, text(lines)),
    '--base',
    '0',
    '--cr3',
    '0x1000',
    '--json',
  ]);

test('crash vtop prints the base of a large page and its size, not where the address leads', async () => {
  const vtop = (page: string, entry: string, size: string, address: string) => `VIRTUAL     PHYSICAL
${address}  ${page}

PML4 DIRECTORY: ffff888000001000
PAGE DIRECTORY: 2027
   PUD: ${entry}
  PAGE: ${page}  (${size})
`;
  const small = vtop('cc00000', '2000 => 3027\n   PMD: 3008 => cc000e7', '2MB', '234000');
  const large = vtop('40000000', '2008 => 400000e7', '1GB', '40123000');
  for (const lines of [small, large]) {
    const { out, status, err } = await diff('vtop.txt', lines);
    expect({ out, status }, err).toEqual({ out: '', status: 0 });
  }
  const wrong = small.replaceAll('cc00000', 'ce00000');
  expect(await diff('wrong.txt', wrong)).toMatchObject({ status: 1 });
});

test('info tlb prints no sizes: a line that fits 1 GiB and 2 MiB has that of the tables', async () => {
  const { out, status, err } = await diff(
    'tlb.txt',
    '0000000000200000: 000000000cc00000 --PDA--UW\n0000000040000000: 0000000040000000 --PDA--UW\n',
  );
  expect({ out, status }, err).toEqual({ out: '', status: 0 });
});

test('a walk by libaddrxlat says not whose addresses it translates: the one translation that is chosen', async () => {
  const walk = text('234000: L4@1000=2027 L3@2000=3027 L2@3008=cc000e7 -> cc34000\n');
  const options = ['--base', '0', '--ncr3', '0x1000', '--cr3', '0x1000', '--root', 'npt', '--json'];
  const ran = (lines: Uint8Array) =>
    memattr(['diff', write('npt.raw', memory()), write('xlat.txt', lines), ...options]);
  const { out, status, err } = await ran(walk);
  expect({ out, status }, err).toEqual({ out: '', status: 0 });
  const other = text('234000: L4@1000=2027 L3@2000=3027 L2@3008=ce000e7 -> ce34000\n');
  expect(await ran(other)).toMatchObject({ status: 1 });
});
