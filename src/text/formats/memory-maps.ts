/** Physical address maps: `/proc/iomem`, the BIOS e820 table of dmesg. Both print inclusive ends (old e820: exclusive). */
import type { MemoryRange } from '../model.ts';
import { big, recogniser } from '../recogniser.ts';

type Kind = MemoryRange['kind'];

interface IomemState {
  /** Names of the ranges that enclose the current line, by depth. */
  path: string[];
  zero: number;
}

const IOMEM_TOP: readonly (readonly [RegExp, Kind])[] = [
  [/^System RAM/, 'ram'],
  [/^Persistent Memory|^namespace/, 'persistent'],
  [/^ACPI/, 'acpi'],
  [/ ROM$|^Adapter ROM/, 'rom'],
  [/^reserved|^RAM buffer|^Unknown E820 type|^Soft Reserved/i, 'reserved'],
];

const iomemKind = (name: string, path: readonly string[]): Kind => {
  const own = IOMEM_TOP.find(([like]) => like.test(name))?.[1];
  if (own) return own;
  return path.some(above => above.startsWith('System RAM')) ? 'ram' : 'mmio';
};

export const iomem = recogniser<IomemState>({
  id: 'linux.iomem',
  title: '/proc/iomem',
  state: () => ({ path: [], zero: 0 }),
  rows: [
    {
      like: /^( {0,32})([0-9a-f]{8,16})-([0-9a-f]{8,16}) : (.{1,200})$/,
      proof: 0.95,
      read: (m, { line, state, out }) => {
        const depth = (m[1]?.length ?? 0) >> 1;
        const start = big(m[2]);
        const last = big(m[3]);
        const name = m[4] ?? '';
        state.path.length = Math.min(depth, state.path.length);
        if (start === 0n && last === 0n) {
          out.trouble('all addresses are 0: the kernel hides them from users without CAP_SYS_ADMIN', line);
          return;
        }
        const kind = iomemKind(name, state.path);
        state.path.push(name);
        out.put(line, { is: 'memory', start, end: last + 1n, kind, name, depth, map: '/proc/iomem' });
      },
    },
  ],
});

const E820_KIND: readonly (readonly [RegExp, Kind])[] = [
  [/usable|System RAM/, 'ram'],
  [/ACPI/, 'acpi'],
  [/persistent/i, 'persistent'],
  [/reserved|unusable/i, 'reserved'],
];
const e820Kind = (name: string): Kind => E820_KIND.find(([like]) => like.test(name))?.[1] ?? 'other';

export const e820 = recogniser({
  id: 'x86.e820',
  title: 'BIOS-e820 lines of dmesg',
  arch: 'x86',
  state: () => ({}),
  rows: [
    {
      like: /^\s?(BIOS-e820|BIOS-e801|BIOS-88|modified|user|Xen|extended physical RAM map|reserve setup_data): \[mem (0x[0-9a-f]{8,16})-(0x[0-9a-f]{8,16})\] {1,4}(\S.{0,60})$/,
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          is: 'memory',
          start: big(m[2]),
          end: big(m[3]) + 1n,
          kind: e820Kind(m[4] ?? ''),
          name: m[4] ?? '',
          depth: 0,
          map: m[1] ?? '',
        }),
    },
    {
      // Before 3.5 the end was exclusive.
      like: /^\s?(BIOS-e820|modified|user|Xen): ([0-9a-f]{16}) - ([0-9a-f]{16}) \(([^)]{1,60})\)$/,
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          is: 'memory',
          start: big(m[2]),
          end: big(m[3]),
          kind: e820Kind(m[4] ?? ''),
          name: m[4] ?? '',
          depth: 0,
          map: m[1] ?? '',
        }),
    },
    { like: /^\s?BIOS-e820: \[gap /, proof: 0.9 },
    {
      like: /^e820:? (?:update|remove|reserve RAM buffer)/,
      proof: 0.8,
      read: (_, { line, out }) =>
        out.assume('later changes by the kernel ("e820: update", "remove") are not applied to the map', line),
    },
    { like: /^(?:BIOS-provided|user-defined|modified) physical RAM map:$/, proof: 0.8 },
  ],
});
