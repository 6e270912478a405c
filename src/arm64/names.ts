/** What arm64's formats, registers and machines are called. Nothing else is loaded here: a format comes when it is asked for. */
import type { Names } from '../arch/architecture.ts';
import { erase } from '../bits/family.ts';
import { names as called } from './descriptors/names.ts';

export const names: Names = {
  id: 'arm64',
  also: ['aarch64', 'armv8', 'armv9', 'arm'],
  formats: [
    { ...called.stage1, load: async () => erase((await import('./descriptors/stage1.ts')).stage1) },
    { ...called.stage2, load: async () => erase((await import('./descriptors/stage2.ts')).stage2) },
  ],
  loadTypes: async () => (await import('./walk/asked.ts')).types,
  machines: ['arm64', 'arm'],
  // AttrIndx 0 to 4: Normal, Normal Tagged, Normal NC, Device-nGnRnE, Device-nGnRE [Linux, arch/arm64/include/asm/memory.h, since 5.13]
  presets: { MAIR_EL1: { linux: 0x04_0044_ffffn, 'linux-mte': 0x04_0044_f0ffn } },
  implied: {},
  owns: register => /^(V?TTBR\d?|V?TCR|MAIR|SCTLR|HCR)_EL\d/.test(register),
};
