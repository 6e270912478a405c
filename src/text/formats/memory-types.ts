/**
 * Memory types of physical addresses as Linux prints them: `/proc/mtrr`, the MTRR lines of dmesg, the PAT and its list.
 *
 *     reg00: base=0x080000000 ( 2048MB), size= 2048MB, count=1: uncachable
 *     MTRR default type: write-back
 *       00000-9FFFF write-back
 *       0 base 0080000000 mask 7F80000000 uncachable
 *     PAT: [mem 0x00000000fed00000-0x00000000fed01000] uncached-minus       the end is exclusive
 *     x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WP  UC- WT
 */
import type { Line } from '../lines.ts';
import type { TypedRange, TypeName } from '../model.ts';
import { big, known, recogniser, type Sink, sized } from '../recogniser.ts';
import { registerName } from '../register-names.ts';

const TYPE: Readonly<Record<string, TypeName>> = {
  uncachable: 'UC',
  uncached: 'UC',
  'uncached-minus': 'UC-',
  'write-combining': 'WC',
  'write-through': 'WT',
  'write-protect': 'WP',
  'write-protected': 'WP',
  'write-back': 'WB',
  UC: 'UC',
  'UC-': 'UC-',
  WC: 'WC',
  WT: 'WT',
  WP: 'WP',
  WB: 'WB',
  '?': '?',
};
const NAMES = '(?:uncach(?:able|ed-minus|ed)|write-(?:combining|through|protected|protect|back)|\\?)';
const typeOf = (name: string | undefined): TypeName => TYPE[name ?? ''] ?? '?';

/** Types by their encoding in MTRRs [SDM vol. 3A, "Memory Types That Can Be Encoded in MTRRs"]. */
const MTRR_TYPE: readonly (TypeName | undefined)[] = ['UC', 'WC', undefined, undefined, 'WT', 'WP', 'WB'];
const typeNumbered = (digits: string | undefined): TypeName => MTRR_TYPE[Number(digits)] ?? '?';

/** Where the range of a base and mask ends: undefined for a mask with holes, whose range is not one range. */
function endOf(start: bigint, mask: bigint): bigint | undefined {
  const size = mask & -mask;
  // Contiguous up to the highest bit printed: base and size. Otherwise only the mask says what matches.
  const top = 1n << BigInt(mask.toString(2).length);
  return mask !== 0n && mask + size === top ? start + size : undefined;
}

function sayVariable(
  { line, out }: { readonly line: Line; readonly out: Sink },
  range: { readonly start: bigint; readonly mask: bigint; readonly type: TypeName; readonly index?: number },
): void {
  const end = endOf(range.start, range.mask);
  if (end === undefined) out.trouble('an MTRR mask is not contiguous: its range is not one range', line);
  out.put(line, known<TypedRange>({ is: 'type', by: 'mtrr-variable', ...range, end }));
}

export const mtrrProc = recogniser({
  id: 'linux.proc-mtrr',
  title: '/proc/mtrr',
  arch: 'x86',
  state: () => ({}),
  rows: [
    {
      like: new RegExp(
        `^reg(\\d{2,3}): base=0x([0-9a-f]{3,16}) \\( {0,8}\\d{1,12}MB\\), size= {0,8}(\\d{1,12})([KMG])B(?:, count=\\d{1,6}: (${NAMES})|: (${NAMES}), count=\\d{1,6})$`,
      ),
      proof: 1,
      read: (m, { line, out }) => {
        const start = big(m[2]);
        const end = start + sized(m[3], m[4]);
        const type = typeOf(m[5] ?? m[6]);
        if (type === '?') out.trouble('a memory type that this kernel could not name', line);
        out.assume('default type and fixed ranges stand in dmesg or in the MSRs, not in /proc/mtrr', line);
        out.put(line, { is: 'type', by: 'mtrr-variable', start, end, type, index: Number(m[1]) });
      },
    },
  ],
});

interface DmesgState {
  variable: boolean;
  fixed: boolean;
}

export const mtrrDmesg = recogniser<DmesgState>({
  id: 'linux.mtrr-dmesg',
  title: 'MTRR lines of dmesg',
  arch: 'x86',
  state: () => ({ variable: false, fixed: false }),
  rows: [
    {
      like: new RegExp(`^MTRR default type: (${NAMES})$`),
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'type', by: 'mtrr-default', type: typeOf(m[1]) }),
    },
    {
      like: /^MTRR (fixed|variable) ranges (enabled|disabled):$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state[m[1] as 'fixed' | 'variable'] = true;
        if (m[2] === 'disabled')
          out.trouble(`MTRR ${m[1]} ranges are disabled: what follows does not count`, line);
      },
    },
    {
      like: new RegExp(`^ {0,4}([0-9A-F]{5})-([0-9A-F]{5}) (${NAMES})$`),
      proof: 0.95,
      read: (m, { line, out }) => {
        const start = big(m[1]);
        out.put(line, { is: 'type', by: 'mtrr-fixed', start, end: big(m[2]) + 1n, type: typeOf(m[3]) });
      },
    },
    {
      like: new RegExp(`^ {0,4}(\\d{1,3}) base ([0-9A-F]{6,13}) mask ([0-9A-F]{6,13}) (${NAMES})$`),
      proof: 1,
      read: (m, { line, out }) => {
        sayVariable(
          { line, out },
          { start: big(m[2]), mask: big(m[3]), type: typeOf(m[4]), index: Number(m[1]) },
        );
      },
    },
    {
      like: /^ {0,4}(\d{1,3}) disabled$/,
      proof: 0.6,
      read: (m, { line, state, out }) => {
        if (!state.variable) return false;
        out.put(line, { is: 'type', by: 'mtrr-variable', type: '?', index: Number(m[1]), disabled: true });
        return true;
      },
    },
    {
      // the whole map, since 6.5
      like: new RegExp(`^ {0,4}\\d{1,3}: ([0-9a-f]{16})-([0-9a-f]{16}) (${NAMES})$`),
      proof: 0.95,
      read: (m, { line, out }) =>
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-combined' },
          ...{ start: big(m[1]), end: big(m[2]) + 1n, type: typeOf(m[3]) },
        }),
    },
    { like: /^MTRR map: \d{1,4} entries/, proof: 0.9 },
    {
      // the clean-up of MTRRs
      like: /^reg (\d{1,3}), base: (\d{1,12})([KMGT]?)B, range: (\d{1,12})([KMGT]?)B, type (UC|WC|WT|WP|WB)$/,
      proof: 1,
      read: (m, { line, out }) => {
        const start = sized(m[2], m[3] || 'B');
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-variable' },
          ...{ start, end: start + sized(m[4], m[5] || 'B'), type: typeOf(m[6]), index: Number(m[1]) },
        });
      },
    },
    {
      like: new RegExp(
        `^mtrr: type mismatch for (?:0x)?([0-9a-f]{1,16}),(?:0x)?([0-9a-f]{1,16}) old: (${NAMES}) new: (${NAMES})$`,
      ),
      proof: 1,
      read: (m, { line, out }) => {
        const start = big(m[1]);
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-conflict', start, end: start + big(m[2]) },
          ...{ type: typeOf(m[3]), requested: typeOf(m[4]) },
        });
      },
    },
    {
      like: /^mtrr: (?:0x)?[0-9a-f]{1,16},(?:0x)?[0-9a-f]{1,16} overlaps existing |^mtrr: no MTRR for |^mtrr: (?:your|probably|corrected|size and base|base|type)/,
      proof: 0.8,
    },
    { like: /^(?:original|New|new) variable MTRRs$/, proof: 0.8 },
    { like: /^(?:total RAM covered: |gran_size: |mtrr_cleanup: |MTRRs? (?:disabled|not) )/, proof: 0.6 },
  ],
});

export const patList = recogniser({
  id: 'linux.pat-memtype-list',
  title: 'pat_memtype_list',
  arch: 'x86',
  state: () => ({ old: false }),
  rows: [
    {
      like: new RegExp(`^PAT: \\[mem (0x[0-9a-f]{8,16})-(0x[0-9a-f]{8,16})\\] (${NAMES})$`),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, { is: 'type', by: 'pat-list', start: big(m[1]), end: big(m[2]), type: typeOf(m[3]) }),
    },
    {
      like: new RegExp(`^(${NAMES}) @ (0x[0-9a-f]{1,16})-(0x[0-9a-f]{1,16})$`),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, { is: 'type', by: 'pat-list', start: big(m[2]), end: big(m[3]), type: typeOf(m[1]) }),
    },
    { like: /^PAT memtype list:$/, proof: 1 },
  ],
});

/**
 * A cache mode by its number: of `enum page_cache_mode` since 3.19, before it was the cache bits of a PTE
 * [Linux arch/x86/include/asm/pgtable_types.h].
 */
function cacheMode(number: bigint): TypeName {
  const modes: readonly TypeName[] = ['WB', 'WC', 'UC-', 'UC', 'WT', 'WP'];
  const bits: Readonly<Record<string, TypeName>> = { '8': 'WC', '16': 'UC-', '24': 'UC' };
  return modes[Number(number)] ?? bits[`${number}`] ?? '?';
}

/** Encoding of a PAT field [SDM vol. 3A, "Memory Types That Can Be Encoded With PAT"]. */
const PAT_CODE: Readonly<Record<TypeName, bigint | undefined>> = {
  UC: 0n,
  WC: 1n,
  WT: 4n,
  WP: 5n,
  WB: 6n,
  'UC-': 7n,
  '?': undefined,
};

export const patDmesg = recogniser({
  id: 'linux.pat-dmesg',
  title: 'x86/PAT lines of dmesg',
  wraps: true,
  arch: 'x86',
  state: () => ({}),
  rows: [
    {
      like: /^x86\/PAT: Configuration \[0-7\]: ((?:(?:UC-?|W[CTPB]) {1,4}){7}(?:UC-?|W[CTPB]))$/,
      proof: 1,
      read: (m, { line, out }) => {
        let value = 0n;
        for (const [i, name] of (m[1] ?? '').split(/ +/).entries())
          value |= (PAT_CODE[typeOf(name)] ?? 0n) << BigInt(8 * i);
        out.put(line, { is: 'register', name: 'PAT', value });
      },
    },
    {
      like: /^x86 PAT enabled: cpu \d{1,5}, old 0x[0-9a-f]{1,16}, new 0x([0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'register', name: 'PAT', value: big(m[1]) }),
    },
    {
      // before 3.5 the end of a range was exclusive; before 4.1 nothing stood in front
      like: new RegExp(
        `^(?:x86/PAT: )?[^ ].{0,40}:\\d{1,10} map pfn (?:RAM range|expected mapping type) (?:req )?(${NAMES}) for (?:\\[mem (0x[0-9a-f]{8,16})-(0x[0-9a-f]{8,16})\\]|(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,16})), got (${NAMES})$`,
      ),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          is: 'type',
          by: 'pat-conflict',
          start: big(m[2] ?? m[4]),
          end: m[3] === undefined ? big(m[5]) : big(m[3]) + 1n,
          type: typeOf(m[6]),
          requested: typeOf(m[1]),
        }),
    },
    {
      like: new RegExp(
        `^(?:x86/PAT: )?[^ ].{0,40}:\\d{1,10} conflicting memory types ([0-9a-f]{1,16})-([0-9a-f]{1,16}) {1,3}(${NAMES})<->(${NAMES})$`,
      ),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          is: 'type',
          by: 'pat-conflict',
          start: big(m[1]),
          end: big(m[2]),
          type: typeOf(m[4]),
          requested: typeOf(m[3]),
        }),
    },
    {
      like: /^(?:x86\/ioremap: )?ioremap error for 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16}), requested 0x([0-9a-f]{1,3}), got 0x([0-9a-f]{1,3})$/,
      proof: 1,
      read: (m, { line, out }) => {
        const [requested, type] = [cacheMode(big(m[3])), cacheMode(big(m[4]))];
        if (requested === '?' || type === '?') out.trouble('a cache mode that Linux does not have', line);
        out.put(line, {
          ...{ is: 'type', by: 'pat-conflict' },
          ...{ start: big(m[1]), end: big(m[2]), type, requested },
        });
      },
    },
    {
      like: /^.{1,40}:\d{1,10} freeing invalid memtype |^ioremap reserve_memtype failed|^reserve_memtype failed/,
      proof: 0.8,
    },
    { like: /^x86\/PAT: /, proof: 0.7 },
  ],
});

/** The MSRs of the fixed ranges in the order of their addresses [SDM vol. 3A, "Address Mapping for Fixed-Range MTRRs"]. */
const FIXED_MSR = [0x250, 0x258, 0x259, ...Array.from({ length: 8 }, (_, i) => 0x268 + i)];

/** MTRRs as firmware sets them up: coreboot, and EDK2's MtrrLib. */
export const mtrrFirmware = recogniser({
  id: 'firmware.mtrr',
  title: 'MTRRs in a firmware log (coreboot, EDK2)',
  arch: 'x86',
  state: () => ({}),
  rows: [
    {
      like: /^(?:\w{1,16}: )?MTRR: (\d{1,3}) base 0x([0-9a-f]{1,16}) mask 0x([0-9a-f]{1,16}) type (\d)$/i,
      proof: 1,
      read: (m, { line, out }) =>
        sayVariable(
          { line, out },
          { start: big(m[2]), mask: big(m[3]), type: typeNumbered(m[4]), index: Number(m[1]) },
        ),
    },
    {
      like: /^(?:0x)?([0-9a-f]{16}) - (?:0x)?([0-9a-f]{16}) size (?:0x)?[0-9a-f]{1,16} type (\d)$/i,
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-combined' },
          ...{ start: big(m[1]), end: big(m[2]), type: typeNumbered(m[3]) },
        }),
    },
    {
      like: /^MTRR: (UC|WB|WT|WP|WC) selected as default type\.$/,
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'type', by: 'mtrr-default', type: typeOf(m[1]) }),
    },
    {
      like: /^(?:\w{1,16}: )?MTRR: Fixed MSR (0x[0-9a-f]{1,3}) (0x[0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, { is: 'register', name: registerName(m[1] ?? ''), value: big(m[2]) }),
    },
    {
      like: /^Setting variable MTRR (\d{1,3}), base: {1,8}(\d{1,8})MB, range: {1,8}(\d{1,8})MB, type (UC|WC|WT|WP|WB)$/,
      proof: 1,
      read: (m, { line, out }) => {
        const start = sized(m[2], 'M');
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-variable' },
          ...{ start, end: start + sized(m[3], 'M'), type: typeOf(m[4]), index: Number(m[1]) },
        });
      },
    },
    {
      like: /^CPU physical address size: (\d{2}) bits$/,
      proof: 0.9,
      read: (m, { line, out }) => out.put(line, { is: 'fact', name: 'MAXPHYADDR', value: BigInt(m[1] ?? 0) }),
    },
    {
      like: /^MTRR Default Type: (?:0x)?([0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'register', name: 'MTRR_DEF_TYPE', value: big(m[1]) }),
    },
    {
      like: /^Fixed MTRR\[(\d{2})\] {0,4}: (?:0x)?([0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) => {
        const msr = FIXED_MSR[Number(m[1])];
        if (msr === undefined) return false;
        out.put(line, { is: 'register', name: registerName(`0x${msr.toString(16)}`), value: big(m[2]) });
        return true;
      },
    },
    {
      like: /^Variable MTRR\[(\d{2})\]: Base=(?:0x)?([0-9a-f]{1,16}) Mask=(?:0x)?([0-9a-f]{1,16})$/i,
      proof: 1,
      read: (m, { line, out }) => {
        const n = Number(m[1]);
        out.put(line, { is: 'register', name: registerName(`MTRR_PHYSBASE${n}`), value: big(m[2]) });
        out.put(line, { is: 'register', name: registerName(`MTRR_PHYSMASK${n}`), value: big(m[3]) });
      },
    },
    {
      like: /^(UC|WC|WT|WP|WB):([0-9a-f]{16})-([0-9a-f]{16})$/i,
      proof: 0.95,
      read: (m, { line, out }) =>
        out.put(line, {
          ...{ is: 'type', by: 'mtrr-combined' },
          ...{ start: big(m[2]), end: big(m[3]) + 1n, type: typeOf(m[1]?.toUpperCase()) },
        }),
    },
    {
      like: /^(?:MTRR: |MTRR Settings|MTRR check|Memory Ranges:$|(?:Fixed|Variable) MTRRs {0,4}: |call enable_(?:fixed|var)_mtrr|Setting fixed MTRRs|={20,40}$)/,
      proof: 0.55,
    },
  ],
});
