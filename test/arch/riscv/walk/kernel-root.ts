/** The root table of a Linux kernel [Linux, Documentation/admin-guide/kdump/vmcoreinfo.rst]. */
import { encode } from '../../../../src/bits/codec.ts';
import { hex } from '../../../../src/bits/word.ts';
import type { Vmcoreinfo } from '../../../../src/image/vmcoreinfo.ts';
import type { RegisterValues } from '../../../../src/walk/candidate.ts';
import type { KernelRoot } from '../../../../src/walk/kernel-root.ts';
import { modeCode, satpFormat } from '../registers/roots.ts';
import { inputBits, MODES } from '../values/address.ts';

export function kernelRoot({ symbols, numbers }: Vmcoreinfo): KernelRoot | undefined {
  const symbol = 'swapper_pg_dir';
  const virtual = symbols[symbol];
  const offset = numbers.va_kernel_pa_offset;
  if (virtual === undefined || offset === undefined) return undefined;
  const mode = MODES.find(mode => BigInt(inputBits(mode)) === numbers.va_bits);
  if (mode === undefined) return undefined;
  const address = BigInt.asUintN(64, virtual - offset);
  const satpOf = (root: bigint): bigint => encode(satpFormat, { mode: modeCode(mode), root });
  const registersOf = (root: bigint): RegisterValues => new Map([['SATP', satpOf(root)]]);
  return {
    ...{ symbol, virtual, address },
    evidence: `VMCOREINFO: SYMBOL(${symbol})=${hex(virtual)} less NUMBER(va_kernel_pa_offset)=${hex(offset)}, at ${hex(address)}`,
    registers: registersOf(address),
    registersOf,
    options: ['--satp', hex(satpOf(address))],
  };
}
