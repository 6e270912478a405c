/** What x86's formats, registers and machines are called. Nothing else is loaded here: a format comes when it is asked for. */
import type { Names } from '../arch/architecture.ts';
import { erase } from '../bits/family.ts';
import { names as called } from './descriptors/names.ts';
import { PATS } from './values/pat.ts';

export const names: Names = {
  id: 'x86',
  also: ['x86-64', 'x86_64', 'amd64', 'x64', 'i386', 'ia-32e'],
  formats: [
    { ...called.stage1, load: async () => erase((await import('./descriptors/stage1.ts')).stage1) },
    { ...called.stage2, load: async () => erase((await import('./descriptors/stage2.ts')).stage2) },
    { ...called.npt, load: async () => erase((await import('./descriptors/npt.ts')).npt) },
    { ...called.sppt, load: async () => erase((await import('./descriptors/stage2.ts')).sppt) },
  ],
  loadTypes: async () => (await import('./walk/asked.ts')).types,
  machines: ['x86-64', 'i386'],
  presets: { PAT: PATS },
  implied: { linux: { PAT: PATS.linux }, windows: { PAT: PATS.windows } },
  owns: register => /^(CR[034]|N?CR3|EPTP)$/.test(register),
};
