/** What is lost of a file, and what leads nowhere: never status 0, and the same status whatever the container. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { AddressSpace } from '../../src/image/address-space.ts';
import { openImage } from '../../src/image/open.ts';
import { avml, equalPieces, flatten, kdump, lime } from '../support/containers.ts';
import { elfCore } from '../support/elf.ts';
import { temporaryFolder } from '../support/folder.ts';
import { memattr } from './harness.ts';

const { write } = temporaryFolder();

const ROOT = ['--cr3', '0x1000', '--set', 'maxphyaddr=40'];

/** Four tables from 0x1000 on that map one page, then pages that do not shrink and that no walk needs. */
function memory(): Uint8Array {
  const bytes = new Uint8Array(64 * 4096);
  let state = 1;
  for (let at = 5 * 4096; at < bytes.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  const view = new DataView(bytes.buffer);
  for (const table of [1, 2, 3]) view.setBigUint64(table * 4096, BigInt(table + 1) * 0x1000n + 7n, true);
  view.setBigUint64(4 * 4096, 0x5007n, true);
  return bytes;
}

const space = async (): Promise<AddressSpace> => (await openImage(memory(), { base: 0n })).space;
const elf = () => elfCore({ segments: [{ paddr: 0n, data: memory() }] });

const containers: Record<string, (space: AddressSpace) => Uint8Array> = {
  'an ELF core': elf,
  kdump: space => kdump(space),
  'kdump, flattened': space => {
    const file = kdump(space);
    return flatten(file, equalPieces(file.length, 10_000));
  },
  LiME: lime,
  AVML: space => avml(space),
  'an ELF core in gzip': () => gzipSync(elf()),
};

describe.each(Object.entries(containers))('%s', (name, make) => {
  const file = async (bytes: (whole: Uint8Array) => Uint8Array, called: string) =>
    write(`${called}-${name.replaceAll(/\W/g, '')}`, bytes(make(await space())));

  test('whole: 0, and nothing is said', async () => {
    const ran = await memattr(['walk', await file(whole => whole, 'whole'), ...ROOT]);
    expect(ran).toMatchObject({ status: 0, err: '' });
  });

  test('cut behind what the answer needs: the answer, a remark, 1', async () => {
    const whole = await memattr(['walk', await file(whole => whole, 'whole'), ...ROOT]);
    const cut = await file(whole => whole.subarray(0, whole.length - 6000), 'cut');
    for (const verb of ['walk', 'lint']) {
      const { status, err, out } = await memattr([verb, cut, ...ROOT]);
      expect(status).toBe(1);
      expect(err).toMatch(/the file ends|damaged or cut/);
      if (verb === 'walk') expect(out).toBe(whole.out);
    }
  });
});

test.each([
  ['LiME', lime],
  ['AVML', (space: AddressSpace) => avml(space)],
] as const)('%s with a second header that is none: a remark, 1', async (name, make) => {
  const whole = make(await space());
  const file = write(`second-${name}`, Buffer.concat([whole, new Uint8Array(32).fill(0x55)]));
  const { status, err } = await memattr(['walk', file, ...ROOT]);
  expect(status).toBe(1);
  expect(err).toMatch(/no range header of version . here; what follows is left out/);
});

test('cut before what the answer needs: 3', async () => {
  const cut = write('early.elf', elf().subarray(0, 0x4000));
  const { status, err } = await memattr(['walk', cut, ...ROOT]);
  expect(status).toBe(3);
  expect(err).toMatch(/not in the image/);
});

describe('a translation that is in use and maps nothing is never status 0 without a word', () => {
  const zeros = () => write('zeros.raw', new Uint8Array(4096));
  test.each([
    [['walk'], ['--cr3', '0']],
    [
      ['walk', '--summary'],
      ['--cr3', '0'],
    ],
    [['lint'], ['--cr3', '0']],
    [['walk'], ['--ttbr0', '0', '--tcr', '0x19']],
  ])('%j %j', async ([verb = '', ...options], root) => {
    const ran = await memattr([verb, zeros(), '--base', '0', ...options, ...root]);
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/maps nothing, so every access through it faults/);
  });

  test('a part of the addresses that is empty is an answer', async () => {
    const file = write('part.raw', memory());
    const { status } = await memattr(['walk', file, '--base', '0', ...ROOT, '--from', '0x100000']);
    expect(status).toBe(0);
  });

  test('translate says so of the address', async () => {
    const { status } = await memattr(['translate', zeros(), '0x1000', '--base', '0', '--cr3', '0']);
    expect(status).toBe(1);
  });
});

describe('notes that are damaged', () => {
  const status = { name: 'CORE', type: 1, desc: new Uint8Array(336) };
  test.each([
    ['a size beyond everything', 4],
    ['a name beyond everything', 0],
  ])('%s: where, and 1', async (_, field) => {
    const bytes = elfCore({ segments: [{ paddr: 0n, data: memory() }], notes: [status, status] });
    const second = 64 + 2 * 56 + 12 + 8 + 336;
    new DataView(bytes.buffer).setUint32(second + field, 0x7fff_fff0, true);
    const ran = await memattr(['walk', write(`notes-${field}.elf`, bytes), ...ROOT]);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain(`the notes are damaged at offset 0x${second.toString(16)}`);
  });
});

/** An x86 table or an arm64 one: its first entry maps a large page. */
const mapping = (entry: bigint): Uint8Array => {
  const bytes = new Uint8Array(2 * 4096);
  new DataView(bytes.buffer).setBigUint64(0, entry, true);
  return bytes;
};

describe('a root that is given as 0 is used', () => {
  const block = mapping(0x4000_07fdn); // stage 2, level 1: a block of 1 GiB
  const page = mapping(0x4000_0701n);
  const cases: readonly [string, Uint8Array, readonly string[]][] = [
    ['stage 2', block, ['--vttbr', '0x0', '--vtcr', '0x80053559', '--hcr', '0x1']],
    ['stage 2, in a registers file', block, ['VTTBR_EL2', 'VTCR_EL2=0x80053559', 'HCR_EL2=1']],
    ['stage 1', page, ['--ttbr0', '0', '--tcr', '0x19']],
    ['paging', mapping(0x83n), ['--cr3', '0', '--cr4', '0x10', '--efer', '0']],
    ['nested paging', mapping(0x87n), ['--ncr3', '0', '--cr4', '0x10', '--efer', '0']],
  ];
  test.each(cases)('%s', async (name, bytes, options) => {
    const file = write(`root-${name.replaceAll(/\W/g, '')}.raw`, bytes);
    const asFile = options[0]?.startsWith('VTTBR');
    const given = asFile
      ? [
          '-r',
          write('zero.regs', new TextEncoder().encode(`VTTBR_EL2=0x0\n${options.slice(1).join('\n')}\n`)),
        ]
      : options;
    const { out, err } = await memattr(['walk', file, '--base', '0', ...given, '--json']);
    expect({ out, err }).toMatchObject({ err: '' });
    expect(out).toMatch(/"pa":"0x0*(40000000|0)"/);
  });

  test('with HCR_EL2.VM = 0 it is not in use, and that is said', async () => {
    const file = write('off.raw', block);
    const off = ['--vttbr', '0x0', '--vtcr', '0x80053559', '--hcr', '0'];
    const { err, status } = await memattr(['walk', file, '--base', '0', ...off]);
    expect(status).toBe(2);
    expect(err).toContain('VTTBR_EL2 is 0, and HCR_EL2.VM = 0: stage 2 is off');
  });
});

test('thousands of register notes: as many as are read, and one remark', async () => {
  const status = { name: 'CORE', type: 1, desc: new Uint8Array(336) };
  const notes = Array.from({ length: 20_000 }, () => status);
  const file = write('many.elf', elfCore({ segments: [{ paddr: 0n, data: memory() }], notes }));
  const ran = await memattr(['walk', file, ...ROOT]);
  expect(ran.status).toBe(1);
  expect(ran.err.match(/those that follow are left out/g)).toHaveLength(1);
  expect(ran.err).not.toContain('claims');
});

test('a second stage of 512 GiB one to one: roots searches what the image holds, each page once', async () => {
  const bytes = memory();
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 512; i++) view.setBigUint64(8 * i, (BigInt(i) << 30n) | 0x7fdn, true);
  view.setBigUint64(8 * 511, 0x7fdn, true); // the same memory once more
  const stage2 = ['--vttbr', '0', '--vtcr', '0x80053559', '--hcr', '1'];
  const { status, out } = await memattr(['roots', write('wide.raw', bytes), '--base', '0', ...stage2]);
  expect(status).toBe(0);
  expect(out).toContain('512 KiB searched'); // the image itself, and the guest's view of it
});
