/** What the formats, registers and machines are called. Nothing else is loaded here: a format comes when it is asked for. */
import type { Names } from '../../../src/arch/architecture.ts';
import { erase } from '../../../src/bits/family.ts';
import { names as called } from './descriptors/names.ts';

export const names: Names = {
  id: 'riscv',
  also: ['riscv64'],
  loadTypes: async () => (await import('./walk/asked.ts')).types,
  formats: [{ ...called.stage1, load: async () => erase((await import('./descriptors/stage1.ts')).stage1) }],
  presets: {},
  implied: {},
  machines: ['riscv64'],
  owns: register => register === 'SATP',
};
