/** VMCOREINFO of real kernels. */
import { expect, test } from 'vitest';
import { parseVmcoreinfo } from '../../src/image/vmcoreinfo.ts';
import { openFixture } from '../support/fixtures.ts';

const of = async (name: string) => {
  const image = await openFixture(`real/${name}/sparse.elf`);
  image.close();
  return parseVmcoreinfo(image.notes.vmcoreinfo as string);
};

test('x86-64, without and with KASLR', async () => {
  const plain = await of('x86/qemu-4level-160m');
  expect(plain.release).toBe('6.1.0-50-amd64');
  expect(plain.pageSize).toBe(4096);
  expect(plain.kernelOffset).toBe(0n);
  expect(plain.numbers.phys_base).toBe(0n);
  const moved = await of('x86/qemu-4level-kaslr-pti-512m');
  const offset = moved.kernelOffset as bigint;
  expect(offset).toBeGreaterThan(0n);
  expect((moved.symbols._stext as bigint) - (plain.symbols._stext as bigint)).toBe(offset);
  expect((moved.symbols.init_top_pgt as bigint) - (plain.symbols.init_top_pgt as bigint)).toBe(offset);
});

test('arm64: the root of the kernel, and the size of its address space', async () => {
  const info = await of('arm64/a57-nvhe-nofwb');
  expect(info.symbols.swapper_pg_dir).toBe(0xffffc97730e58000n);
  expect(info.numbers.tcr_el1_t1sz).toBe(0x10n);
  expect(info.numbers.va_bits).toBe(48n);
  expect(info.numbers.kimage_voffset).toBe(0xffffc976ef600000n);
  // swapper_pg_dir - kimage_voffset is its physical address: TTBR1_EL1 of the host is set in registers.json.
  expect((info.symbols.swapper_pg_dir as bigint) - (info.numbers.kimage_voffset as bigint)).toBe(0x41858000n);
});

test('anything else is passed over', () => {
  expect(
    parseVmcoreinfo(
      'hello\n=\nSYMBOL(x)=zz\nSYMBOL(__proto__)=10\nNUMBER(n)=-129\r\nNUMBER(h)=0x1F\nPAGESIZE=x\n',
    ),
  ).toMatchObject({
    numbers: { n: -129n, h: 31n },
    others: { 'SYMBOL(x)': 'zz', PAGESIZE: 'x' },
  });
  expect(parseVmcoreinfo('')).toEqual({ symbols: {}, numbers: {}, others: {} });
});

test('keys may hold digits', () => {
  expect(parseVmcoreinfo('CONFIG_X86_PAE=y\nNUMBER(pgtable_l5_enabled)=1\n')).toMatchObject({
    others: { CONFIG_X86_PAE: 'y' },
    numbers: { pgtable_l5_enabled: 1n },
  });
});
