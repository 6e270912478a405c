/** The TCR_EL1 that VMCOREINFO of a kernel gives, and that the printed option spells: decoded again, field by field. */
import { expect, test } from 'vitest';
import { tcrEl1Format } from '../../../src/arm64/registers/control.ts';
import { kernelRoot } from '../../../src/arm64/walk/kernel-root.ts';
import { decode } from '../../../src/bits/codec.ts';
import { parseWord } from '../../../src/bits/word.ts';
import { parseVmcoreinfo } from '../../../src/image/vmcoreinfo.ts';

const info = (pageSize: number, more = 'NUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10') =>
  parseVmcoreinfo(
    `OSRELEASE=6.18.0\nPAGESIZE=${pageSize}\nSYMBOL(swapper_pg_dir)=ffffc97730e58000\nNUMBER(kimage_voffset)=0xffffc976ef600000\n${more}\n`,
  );

test.each([
  [4096, 0b10],
  [16384, 0b01],
  [65536, 0b11],
])('pages of %i bytes: TG1 = %i', (pageSize, tg1) => {
  const root = kernelRoot(info(pageSize));
  const tcr = root?.registers.get('TCR_EL1') as bigint;
  expect(decode(tcrEl1Format, tcr)).toMatchObject({
    tg1,
    t1sz: 16,
    ips: 0b101, // 48 bits
    sh1: 0b11,
    orgn1: 0b01,
    irgn1: 0b01,
    epd1: 0,
    epd0: 1,
    a1: 0,
  });
  expect(root?.options.slice(0, 3)).toEqual(['--ttbr1', '0x41858000', '--tcr']);
  expect(parseWord(root?.options[3] ?? '')).toBe(tcr);
});

test('T1SZ by its own number, else by the size of virtual addresses', () => {
  const t1sz = (more: string) =>
    decode(tcrEl1Format, kernelRoot(info(4096, more))?.registers.get('TCR_EL1') as bigint).t1sz;
  expect(t1sz('NUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10')).toBe(16);
  expect(t1sz('NUMBER(VA_BITS)=39')).toBe(25);
  expect(t1sz('')).toBe(16);
});
