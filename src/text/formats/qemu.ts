/**
 * QEMU's monitor (HMP): `info tlb`, `info mem`, `gva2gpa`, `gpa2hpa`, `info mtree -f`.
 *
 *     0000000000200000: 0000000000200000 --P-----W               info tlb: XGPDACTUW, letter or dash
 *     0000000006c00000-0000000006e00000 0000000000200000 -r-     info mem: the end is exclusive
 *     0000000009000000-0000000009000fff (prio 0, i/o): pl011     info mtree: the end is inclusive
 */
import { pfnAddress } from '../../bits/pages.ts';
import type { Line } from '../lines.ts';
import type { Attributes, MemoryRange, Range, Translation } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

// ------------------------------------------------------------------------------------------------ info tlb

const KIB4 = 0x1000n;
const MIB2 = 0x20_0000n;
const MIB4 = 0x40_0000n;
const GIB1 = 0x4000_0000n;

interface TlbRow {
  readonly line: Line;
  readonly va: bigint;
  readonly pa: bigint;
  readonly flags: string;
}
interface TlbState {
  /** One row is held back: how far the next one is away limits its size. */
  held?: TlbRow;
  /** The large page before: a run of them keeps its size. */
  before?: { readonly end: bigint; readonly size: bigint };
}

/** What QEMU 7.2 leaves in an address. */
const XD = 2n ** 63n;

/**
 * Sizes are not printed. The letter P is bit 7: a large page, or PAT of a 4-KByte page. What the alignment and the
 * distance to the next row leave is tried from the top; a row that is followed at exactly one page's distance, or
 * continues a run, takes that page's size.
 */
function tlbSize(
  { va, pa, flags }: TlbRow,
  next: bigint | undefined,
  before: TlbState['before'],
): { size: bigint; certain: boolean } {
  const gap = next === undefined || next <= va ? undefined : next - va;
  const sizes = [GIB1, ...(va < 2n ** 32n ? [MIB4] : []), MIB2].filter(
    size => flags[2] === 'P' && (va | pa) % size === 0n && (gap === undefined || gap >= size),
  );
  const smallest = sizes.at(-1);
  if (smallest === undefined) return { size: KIB4, certain: true };
  const run = before?.end === va ? before.size : undefined;
  const size = sizes.find(one => one === gap) ?? sizes.find(one => one === run) ?? smallest;
  return { size, certain: sizes.length === 1 };
}

function sayTlb(state: TlbState, out: Sink, next?: bigint): void {
  const row = state.held;
  if (!row) return;
  delete state.held;
  const { line, va, flags } = row;
  const { size, certain } = tlbSize(row, next, state.before);
  if (size === KIB4) delete state.before;
  else {
    state.before = { end: va + size, size };
    out.assume(
      'the listing prints no sizes: rows with P are large pages where alignment and the next row allow it',
      line,
    );
  }
  const on = (i: number): boolean => flags[i] !== '-';
  const attributes: Attributes = {
    valid: true,
    ...(flags.startsWith('?') ? {} : { execute: !on(0) }),
    global: on(1),
    block: size !== KIB4,
    dirty: on(3),
    accessed: on(4),
    pcd: on(5),
    pwt: on(6),
    user: on(7),
    write: on(8),
  };
  out.put(
    line,
    known<Range>({
      is: 'range',
      space: 'va',
      start: va,
      end: va + size,
      output: row.pa,
      pageSize: certain ? size : undefined,
      regime: { family: 'x86.pte' },
      attributes,
      words: [flags.replace('?', '')],
    }),
  );
}

export const qemuTlb = recogniser<TlbState>({
  id: 'qemu.info-tlb',
  title: 'QEMU info tlb (x86)',
  arch: 'x86',
  map: {
    not: ['block', 'valid'], // the letter P is bit 7 of any entry
    guessedSizes: [MIB2, MIB4],
    lists: { tool: 'QEMU', rootOf: 'CR3' },
  },
  state: () => ({}),
  rows: [
    {
      // old versions have eight digits for 32-bit guests, and no X
      like: /^([0-9a-f]{8}|[0-9a-f]{16}): ([0-9a-f]{8}|[0-9a-f]{16}) ([X-]?[G-][P-][D-][A-][C-][T-][U-][W-])$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const va = big(m[1]);
        sayTlb(state, out, va);
        let pa = big(m[2]);
        let flags = (m[3] ?? '').padStart(9, '?');
        if (pa >= XD) {
          // QEMU 7.2 leaves XD in the address of PAE entries.
          out.trouble('physical addresses with bit 63 set: QEMU left XD in them; it is taken for X', line);
          pa -= XD;
          flags = `X${flags.slice(1)}`;
        }
        out.assume('the letters are those of the last entry alone: parents are not applied', line);
        state.held = { line, va, pa, flags };
      },
    },
    { like: /^info tlb$/, proof: 0.4 },
  ],
  end: (state, out) => sayTlb(state, out),
});

// ------------------------------------------------------------------------------------------------ info mem

export const qemuMem = recogniser({
  id: 'qemu.info-mem',
  title: 'QEMU info mem (x86)',
  arch: 'x86',
  map: { combined: true, lists: { tool: 'QEMU', rootOf: 'CR3' } },
  state: () => ({}),
  rows: [
    {
      like: /^([0-9a-f]{8,16})-([0-9a-f]{8,16}) ([0-9a-f]{8,16}) ([u-])([r-])([w-])$/,
      proof: 1,
      read: (m, { line, out }) => {
        const start = big(m[1]);
        const end = big(m[2]) === 0n ? 2n ** 64n : big(m[2]);
        // 32-bit guests: lengths wrap at 64 bits, ends at 4 GiB do not.
        if (BigInt.asUintN(64, end - start) !== big(m[3])) {
          out.trouble('a row does not span the length it prints: left out', line);
          return;
        }
        out.assume('execution is not shown by info mem', line);
        out.put(line, {
          is: 'range',
          space: 'va',
          start,
          end,
          regime: { family: 'x86.pte' },
          attributes: { valid: true, user: m[4] === 'u', read: m[5] === 'r', write: m[6] === 'w' },
          words: [`${m[4]}${m[5]}${m[6]}`],
        });
      },
    },
    { like: /^info mem$/, proof: 0.4 },
  ],
});

// ------------------------------------------------------------------------------------------------ info pg

/** `info pg`: page numbers, the entries of each level, and for leaves where they lead. */
export const qemuPg = recogniser({
  id: 'qemu.info-pg',
  title: 'QEMU info pg (x86)',
  arch: 'x86',
  map: { lists: { tool: 'QEMU', rootOf: 'CR3' } },
  state: () => ({}),
  rows: [
    {
      like: /^\s{0,12}\[([0-9a-f]{5,13})-([0-9a-f]{5,13})\] {1,4}(PML5|PML4|PDP|PDE|PTE)\[([0-9a-f]{3})(?:-[0-9a-f]{3})?\] {1,8}([X-][G-][S-][D-][A-][C-][T-][U-][W-][P-])(?: ([0-9a-f]{5,13})(?:-[0-9a-f]{5,13})?(.{0,200}))?$/,
      proof: 1,
      read: (m, { line, out }) => {
        if (m[6] === undefined) return; // a table
        const on = (i: number): boolean => m[5]?.[i] !== '-';
        out.assume('the letters are those of the last entry alone: parents are not applied', line);
        out.put(
          line,
          known<Range>({
            is: 'range',
            space: 'va',
            start: pfnAddress(big(m[1])),
            end: pfnAddress(big(m[2]) + 1n),
            // several runs of frames: the first says nothing of the others
            output: m[7] ? undefined : pfnAddress(big(m[6])),
            regime: { family: 'x86.pte' },
            attributes: {
              ...{
                valid: on(9),
                execute: !on(0),
                global: on(1),
                block: on(2),
                dirty: on(3),
                accessed: on(4),
              },
              ...{ pcd: on(5), pwt: on(6), user: on(7), write: on(8) },
            },
            words: [m[5] ?? ''],
          }),
        );
      },
    },
    { like: /^VPN range\s{1,20}Entry\s{1,20}Flags\s{1,20}Physical page/, proof: 1 },
    { like: /^info pg$/, proof: 0.4 },
  ],
});

// ------------------------------------------------------------------------------------------------ gva2gpa, gpa2hpa

interface GvaState {
  command?: { what: 'gva2gpa' | 'gpa2hpa' | 'gpa2hva'; input: bigint };
}

export const qemuGva = recogniser<GvaState>({
  id: 'qemu.gva2gpa',
  title: 'QEMU gva2gpa, gpa2hpa, gpa2hva',
  map: { holes: true, throughBoth: true },
  state: () => ({}),
  rows: [
    {
      like: /^(gva2gpa|gpa2hpa|gpa2hva) (0x[0-9a-fA-F]{1,16}|\d{1,20})$/,
      proof: 1,
      read: (m, { state }) => {
        state.command = { what: m[1] as 'gva2gpa', input: BigInt(m[2] ?? 0) };
      },
    },
    {
      like: /^gpa: (0x[0-9a-f]{1,16}|0)$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const { command } = state;
        delete state.command;
        if (command === undefined) {
          out.trouble(
            'a result of gva2gpa without the command: the address it belongs to is not known',
            line,
          );
          return;
        }
        const { input } = command;
        out.put(line, { is: 'translation', input, inputSpace: 'gva', output: big(m[1]), outputSpace: 'gpa' });
      },
    },
    {
      like: /^(Unmapped|No memory is mapped at address 0x[0-9a-f]{1,16})$/,
      proof: 0.7,
      read: (m, { line, state, out }) => {
        const { command } = state;
        delete state.command;
        if (command === undefined) return;
        const second = command.what !== 'gva2gpa';
        out.put(line, {
          is: 'translation',
          input: command.input,
          inputSpace: second ? 'gpa' : 'gva',
          outputSpace: second ? (command.what === 'gpa2hva' ? 'hva' : 'hpa') : 'gpa',
          reason: m[1] ?? '',
        });
      },
    },
    {
      like: /^Host (physical|virtual) address for (0x[0-9a-f]{1,16}) \(([^)]{0,120})\) is (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        delete state.command;
        out.put(line, {
          is: 'translation',
          input: big(m[2]),
          inputSpace: 'gpa',
          output: big(m[4]),
          outputSpace: m[1] === 'physical' ? 'hpa' : 'hva',
        } satisfies Translation);
      },
    },
  ],
});

// ------------------------------------------------------------------------------------------------ info mtree

interface TreeState {
  view: string;
  spaces: string[];
  flat: boolean;
}
const TREE_KIND: Readonly<Record<string, MemoryRange['kind']>> = {
  ram: 'ram',
  ramd: 'mmio', // RAM device: a BAR passed through
  rom: 'rom',
  romd: 'rom',
  'nv-ram': 'persistent',
  'i/o': 'mmio',
};

export const qemuMtree = recogniser<TreeState>({
  id: 'qemu.info-mtree',
  title: 'QEMU info mtree -f',
  state: () => ({ view: '', spaces: [], flat: false }),
  rows: [
    {
      like: /^( *)([0-9a-f]{16})-([0-9a-f]{16}) \(prio (-?\d{1,10}), ([\w/-]{1,12})\): (.{0,200})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (!state.flat)
          out.trouble(
            'no FlatView heading: regions may overlap; `info mtree -f` prints what is visible',
            line,
          );
        const kind = TREE_KIND[m[5] ?? ''] ?? 'other';
        const map = state.spaces.length > 0 ? `${state.view}: ${state.spaces[0]}` : state.view || 'mtree';
        out.put(line, {
          is: 'memory',
          start: big(m[2]),
          end: big(m[3]) + 1n,
          kind,
          name: m[6] ?? '',
          depth: state.flat ? 0 : Math.max(0, (m[1]?.length ?? 0) / 2 - 1),
          map,
        });
      },
    },
    {
      like: /^(FlatView #\d{1,6})$/,
      proof: 1,
      read: (m, { state }) => {
        state.view = m[1] ?? '';
        state.spaces = [];
        state.flat = true;
      },
    },
    {
      like: /^ ?AS "([^"]{1,100})", root: /,
      proof: 1,
      read: (m, { state }) => {
        // The address space `memory` is what CPUs see: it names the view wherever it stands in the list.
        const name = m[1] ?? '';
        if (name === 'memory') state.spaces.unshift(name);
        else if (state.spaces.length < 64) state.spaces.push(name);
      },
    },
    { like: /^ ?Root memory region: /, proof: 1 },
    { like: /^ {1,4}No rendered FlatView$/, proof: 1 },
    {
      like: /^(?:address-space|memory-region): (.{1,100})$/,
      proof: 0.8,
      read: (m, { state }) => {
        state.view = m[1] ?? '';
        state.spaces = [];
        state.flat = false;
      },
    },
    { like: /^info mtree(?: -[fdoeD]{1,4})?$/, proof: 0.4 },
  ],
});
