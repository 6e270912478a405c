/** The root table of an arm64 Linux kernel [Linux, Documentation/admin-guide/kdump/vmcoreinfo.rst]. */
import { encode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import type { Vmcoreinfo } from '../../image/vmcoreinfo.ts';
import type { RegisterValues } from '../../walk/candidate.ts';
import type { KernelRoot } from '../../walk/kernel-root.ts';
import { tcrEl1Format } from '../registers/control.ts';

/** TG1 of the kernel's page sizes [Arm ARM, TCR_EL1]. */
const TG1: Readonly<Record<number, number>> = { 16384: 1, 4096: 2, 65536: 3 };
const INNER = 3;
const WRITE_BACK = 1;

/** A TCR_EL1 for the upper range; the lower one is off. */
function tcrOf({ numbers, pageSize }: Vmcoreinfo): bigint {
  const size = numbers.tcr_el1_t1sz ?? (numbers.va_bits === undefined ? 16n : 64n - numbers.va_bits);
  return encode(tcrEl1Format, {
    ips: 5, // 48 bits
    tg1: TG1[pageSize ?? 4096] ?? 2,
    sh1: INNER,
    orgn1: WRITE_BACK,
    irgn1: WRITE_BACK,
    t1sz: Number(BigInt.asUintN(6, size)), // a text may say anything
    epd0: 1,
    t0sz: 16,
  });
}

export function kernelRoot(info: Vmcoreinfo): KernelRoot | undefined {
  const symbol = 'swapper_pg_dir';
  const virtual = info.symbols[symbol];
  const offset = info.numbers.kimage_voffset;
  if (virtual === undefined || offset === undefined) return undefined;
  const address = BigInt.asUintN(64, virtual - offset);
  const tcr = tcrOf(info);
  const registersOf = (root: bigint): RegisterValues =>
    new Map([
      ['TTBR1_EL1', root],
      ['TCR_EL1', tcr],
    ]);
  return {
    symbol,
    virtual,
    address,
    evidence: `VMCOREINFO: SYMBOL(${symbol})=${hex(virtual)} less NUMBER(kimage_voffset)=${hex(offset)}, at ${hex(address)}`,
    registers: registersOf(address),
    registersOf,
    options: ['--ttbr1', hex(address), '--tcr', hex(tcr)],
  };
}
