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
import type { TypedRange, TypeName } from '../model.ts';
import { big, known, recogniser, sized } from '../recogniser.ts';

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
        const start = big(m[2]);
        const mask = big(m[3]);
        const size = mask & -mask;
        // Contiguous up to the highest bit printed: base and size. Otherwise only the mask says what matches.
        const top = 1n << BigInt(mask.toString(2).length);
        const end = mask !== 0n && mask + size === top ? start + size : undefined;
        if (end === undefined)
          out.trouble('an MTRR mask is not contiguous: its range is not one range', line);
        out.put(
          line,
          known<TypedRange>({
            is: 'type',
            by: 'mtrr-variable',
            start,
            end,
            mask,
            type: typeOf(m[4]),
            index: Number(m[1]),
          }),
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
    { like: /^MTRR map: \d{1,4} entries/, proof: 0.9 },
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
      like: new RegExp(
        `^x86/PAT: .{1,40}:\\d{1,10} (?:map pfn (?:RAM range|expected mapping type) )(?:req (${NAMES}) for|(${NAMES}) for) \\[mem (0x[0-9a-f]{8,16})-(0x[0-9a-f]{8,16})\\], got (${NAMES})$`,
      ),
      proof: 1,
      read: (m, { line, out }) =>
        out.put(line, {
          is: 'type',
          by: 'pat-conflict',
          start: big(m[3]),
          end: big(m[4]) + 1n,
          type: typeOf(m[5]),
          requested: typeOf(m[1] ?? m[2]),
        }),
    },
    {
      like: new RegExp(
        `^x86/PAT: .{1,40}:\\d{1,10} conflicting memory types ([0-9a-f]{1,16})-([0-9a-f]{1,16}) {1,3}(${NAMES})<->(${NAMES})$`,
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
    { like: /^x86\/PAT: /, proof: 0.7 },
  ],
});
