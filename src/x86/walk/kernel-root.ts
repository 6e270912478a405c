/** The root table of an x86 Linux kernel [Linux, Documentation/admin-guide/kdump/vmcoreinfo.rst]. */
import { encode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import { hex } from '../../bits/word.ts';
import type { Vmcoreinfo } from '../../image/vmcoreinfo.ts';
import type { RegisterValues } from '../../walk/candidate.ts';
import type { KernelRoot } from '../../walk/kernel-root.ts';
import { cr4Layout, eferLayout, eferSettings } from '../registers/control.ts';

/** Where the kernel's image is linked: __START_KERNEL_map, and PAGE_OFFSET of 32-bit kernels with the usual split [Linux, page_64_types.h]. */
const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
const PAGE_OFFSET_32 = 0xc000_0000n;
const FOUR_GIB = 0x1_0000_0000n;

/** A symbol of the kernel and where VMCOREINFO has it. */
interface Place {
  readonly symbol: string;
  readonly virtual: bigint;
}

/** The registers beside CR3 that select the paging mode, by the names of `registers.ts`. */
type Controls = readonly (readonly [name: 'CR4' | 'EFER', value: bigint])[];

function rootOf(place: Place, text: string, address: bigint, controls: Controls): KernelRoot {
  const registersOf = (root: bigint): RegisterValues => new Map([['CR3', root], ...controls]);
  return {
    ...place,
    address,
    evidence: `VMCOREINFO: SYMBOL(${place.symbol})=${hex(place.virtual)} ${text}, at ${hex(address)}`,
    registers: registersOf(address),
    registersOf,
    options: [
      ...['--cr3', hex(address)],
      ...controls.flatMap(([name, value]) => [`--${name.toLowerCase()}`, value === 0n ? '0' : hex(value)]),
    ],
  };
}

/** In the image of a 64-bit kernel. */
function root64(place: Place, { numbers }: Vmcoreinfo): KernelRoot | undefined {
  const base = numbers.phys_base;
  if (base === undefined) return undefined;
  const address = BigInt.asUintN(64, place.virtual - START_KERNEL_MAP + base);
  const controls: Controls =
    numbers.pgtable_l5_enabled === 1n ? [['CR4', encode(cr4Layout, { la57: 1, pae: 1 })]] : [];
  return rootOf(place, `in the kernel's image, NUMBER(phys_base)=${base}`, address, controls);
}

/** In the direct map of a 32-bit kernel. */
function root32(place: Place, { others }: Vmcoreinfo): KernelRoot {
  const pae = others.CONFIG_X86_PAE === 'y';
  return rootOf(place, 'less the usual PAGE_OFFSET 0xc0000000', place.virtual - PAGE_OFFSET_32, [
    ['CR4', encode(cr4Layout, pae ? { pae: 1 } : { pse: 1 })],
    ['EFER', encode(eferLayout(settle(eferSettings)), pae ? { nxe: 1 } : {})],
  ]);
}

export function kernelRoot(info: Vmcoreinfo, machine: string | undefined): KernelRoot | undefined {
  if (machine !== 'x86-64' && machine !== 'i386') return undefined;
  const symbol = info.symbols.init_top_pgt === undefined ? 'swapper_pg_dir' : 'init_top_pgt';
  const virtual = info.symbols[symbol];
  if (virtual === undefined) return undefined;
  const place = { symbol, virtual };
  if (virtual >= START_KERNEL_MAP) return root64(place, info);
  return virtual >= PAGE_OFFSET_32 && virtual < FOUR_GIB ? root32(place, info) : undefined;
}
