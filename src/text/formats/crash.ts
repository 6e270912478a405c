/**
 * crash: `vtop` prints the walk as `LEVEL: <place> => <entry>`, then the last entry's flags by name.
 *
 *     VIRTUAL           PHYSICAL
 *     ffffffed00601000  83401000
 *     PAGE DIRECTORY: ffffffecffd62000
 *        PGD: ffffffecffd62da0 => 10000000833fb003
 *        PTE: ffffff80033fe008 => 68000083401f03
 *       PAGE: 83401000
 *          PTE        PHYSICAL  FLAGS
 *     68000083401f03  83401000  (VALID|SHARED|AF|NG|PXN|UXN)
 *
 * 32-bit x86 without PAE prints its one upper level twice, as PGD and as PMD. x86 places are physical, arm64 ones virtual. On x86-64 `PAGE DIRECTORY:` is the top entry itself, behind a line
 * `PGD DIRECTORY:` with the table.
 */
import { looksArm64 } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Attributes, Entry, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';
import { granuleOf } from './granule.ts';

interface Step {
  readonly line: Line;
  readonly name: string;
  readonly at?: bigint;
  readonly word: bigint;
}
interface State {
  input?: { value: bigint; digits: number };
  directory?: { value: bigint; pgd: boolean };
  walk: Step[];
  flags?: { word: bigint; names: readonly string[] };
  page?: { output: bigint; size: bigint | undefined; line: Line };
  /** The heading above says what the next line is. */
  expects?: 'addresses' | 'flags' | 'swap' | 'ignored';
}

const FLAG: Readonly<Record<string, Attributes>> = {
  PRESENT: { valid: true },
  RW: { write: true },
  WRITE: { write: true },
  USER: { user: true },
  ACCESSED: { accessed: true },
  YOUNG: { accessed: true },
  DIRTY: { dirty: true },
  GLOBAL: { global: true },
  NX: { execute: false },
  PSE: { block: true },
  PWT: { pwt: true },
  PCD: { pcd: true },
  VALID: { valid: true },
  RDONLY: { write: false },
  SHARED: { shareability: 'inner' },
  AF: { accessed: true },
  NG: { global: false },
  PXN: { executePrivileged: false },
  UXN: { executeUser: false },
  PROT_NONE: { valid: false },
};

const ARM64_LEVEL: Readonly<Record<string, number>> = { PTE: 3, PMD: 2, PUD: 1, P4D: 0, PGD: -1 };
/** Powers of two of the units that crash prints beside a page. */
const UNIT: Readonly<Record<string, bigint>> = { K: 10n, M: 20n, G: 30n };
const X86_LEVEL: Readonly<Record<string, number>> = { PTE: 1, PMD: 2, PUD: 3, P4D: 4, PGD: 5 };

function modeOf(walk: readonly Step[], names: ReadonlySet<string>, wide: boolean): RegimeGuess['mode'] {
  if (names.has('P4D')) return '5l';
  if (names.has('PUD') || names.has('PML') || names.has('PML4')) return '4l';
  const [pgd, pmd] = walk;
  const twice = pmd?.name === 'PMD' && pmd.at === pgd?.at && pmd.word === pgd?.word;
  if (twice && walk.every(({ word, at = 0n }) => word <= 0xffff_ffffn && at <= 0xffff_ffffn)) return '32';
  if (wide) return undefined;
  return pmd?.name === 'PMD' ? 'pae' : '32';
}

/** Where crash printed PML it called the table below it PGD. */
function x86Level(name: string, mode: RegimeGuess['mode'], names: ReadonlySet<string>): number | undefined {
  if (name === 'PML' || name === 'PML4') return 4;
  if (name === 'PMD') return 2;
  if (name !== 'PGD') return X86_LEVEL[name];
  if (names.has('PML') || names.has('PML4')) return 3;
  return mode && { '5l': 5, '4l': 4, pae: 3, '32': 2 }[mode];
}

/** Addresses of the kernel are above, physical ones below. */
const UPPER = 2n ** 47n;

/** arm64's places are virtual, and so are those of the top table of 32-bit x86. */
const isVirtual = (at: bigint, arm64: boolean, mode: RegimeGuess['mode'], name: string): boolean =>
  arm64
    ? at >= UPPER
    : (mode === 'pae' && name === 'PGD') || (mode === '32' && (name === 'PGD' || name === 'PMD'));

/** Everything of one walk, when it is complete: what architecture it is shows at its end. */
function sayWalk(state: State, out: Sink): void {
  const { walk, flags, input, page } = state;
  const first = walk[0];
  state.walk = [];
  delete state.flags;
  delete state.directory;
  delete state.page;
  if (!first) return;
  const group = out.group();
  const names = new Set(walk.map(({ name }) => name));
  const arm32 = flags?.names.includes('YOUNG') === true && !flags.names.includes('VALID');
  const arm64 =
    !arm32 &&
    (flags
      ? flags.names.some(name => name === 'VALID' || name === 'PROT_NONE')
      : looksArm64(walk.map(({ word }) => word)));
  if (arm32) out.trouble('flags of a 32-bit Arm kernel: its entries are not decoded', first.line);
  else if (!flags && !state.directory)
    out.assume(`the walk is ${arm64 ? 'arm64' : 'x86'}, as its table entries look`, first.line);
  const wide = (input?.digits ?? 16) > 8;
  const mode = arm32 || arm64 ? undefined : modeOf(walk, names, wide);
  const narrow = mode === '32' || (arm32 && walk.every(({ word }) => word <= 0xffff_ffffn));
  /** PGD and P4D stand above whatever comes next. */
  const arm64Level = (name: string, below: Step | undefined): number | undefined =>
    name !== 'PGD' && name !== 'P4D' ? ARM64_LEVEL[name] : below && (ARM64_LEVEL[below.name] ?? 0) - 1;
  const placed = walk.map(({ name, at, word }, i) => ({ level: arm64Level(name, walk[i + 1]), at, word }));
  const granule = arm64 ? granuleOf(placed, input?.value) : undefined;
  for (const [i, { line, name, at, word }] of walk.entries()) {
    const last = i === walk.length - 1;
    // 32-bit x86 without PAE has no PMD: crash prints the entry above again
    const folded = mode === '32' && name === 'PMD';
    let number: number | undefined;
    if (arm64) number = placed[i]?.level;
    else if (!arm32) number = x86Level(name, mode, names);
    const regime: RegimeGuess | undefined = arm32
      ? undefined
      : arm64
        ? known<RegimeGuess>({ family: 'arm64.stage1', granule })
        : known<RegimeGuess>({ family: 'x86.pte', mode });
    let attributes: Attributes | undefined;
    if (last && flags && flags.word === word) {
      attributes = {};
      for (const flag of flags.names) attributes = { ...attributes, ...FLAG[flag] };
    }
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: narrow ? 32 : 64,
        level: known<Level>({ name, number }),
        at,
        atSpace: at === undefined ? undefined : isVirtual(at, arm64, mode, name) ? 'va' : 'pa',
        input: input?.value,
        output: last ? page?.output : undefined,
        pageSize: last ? page?.size : undefined,
        regime,
        folded: folded ? (true as const) : undefined,
        attributes,
      }),
      group,
    );
  }
}

const ENTRY =
  /^\s{0,12}(PGD|P4D|PUD|PMD|PTE|PML4?|L[1-4]): {1,12}([0-9a-f]{1,16}) => ([0-9a-f]{1,16})(?:\s.{0,80})?$/;

export const crashVtop = recogniser<State>({
  id: 'crash.vtop',
  owner: 'linux',
  title: 'crash vtop',
  map: { holes: true },
  state: () => ({ walk: [] }),
  rows: [
    {
      like: ENTRY,
      proof: 1,
      read: (m, { line, state }) => {
        const { directory } = state;
        // x86-64: the line above was the entry of the top table.
        if (state.walk.length === 0 && directory?.pgd === true) {
          state.walk.push({ line, name: 'PGD', word: directory.value });
          delete state.directory;
        }
        state.walk.push({ line, name: m[1] ?? '', at: big(m[2]), word: big(m[3]) });
        delete state.expects;
      },
    },
    {
      like: /^VIRTUAL\s{1,20}PHYSICAL$/,
      proof: 1,
      read: (_, { state, out }) => {
        sayWalk(state, out);
        delete state.input;
        state.expects = 'addresses';
      },
    },
    {
      like: /^([0-9a-f]{1,16})\s{1,20}(?:([0-9a-f]{1,16})|\(not (?:mapped|accessible)\))$/,
      proof: 0.5,
      read: (m, { line, state, out }) => {
        if (state.expects !== 'addresses') return false;
        delete state.expects;
        state.input = { value: big(m[1]), digits: m[1]?.length ?? 0 };
        if (m[2] === undefined)
          out.put(line, {
            is: 'translation',
            input: big(m[1]),
            inputSpace: 'va',
            outputSpace: 'pa',
            reason: '(not mapped)',
          });
        else
          out.assume(
            'the column PHYSICAL is not used: crash subtracts there; the walk below is what counts',
            line,
          );
        return true;
      },
    },
    {
      like: /^(PGD|PML4|PAGE) DIRECTORY: ([0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const value = big(m[2]);
        if (m[1] !== 'PAGE') {
          out.put(line, { is: 'fact', name: 'root', value, doubtful: 'a virtual address' });
          state.directory = { value, pgd: false };
        } else if (state.directory) state.directory = { value, pgd: true };
        else out.put(line, { is: 'fact', name: 'root', value, doubtful: 'a virtual address' });
      },
    },
    {
      like: /^\s{0,12}PAGE: ([0-9a-f]{1,16})(?:\s{1,8}\((?:(\d{1,4})([KMG])B|.{1,40})\))?$/,
      proof: 0.8,
      read: (m, { line, state }) => {
        if (state.walk.length === 0) return false;
        // of a large page crash prints the base and the size, of a small one the base alone
        const size = m[2] === undefined ? undefined : BigInt(m[2]) << (UNIT[m[3] ?? ''] ?? 0n);
        state.page = { output: big(m[1]), size, line };
        return true;
      },
    },
    {
      like: /^\s{0,20}PTE\s{1,60}(PHYSICAL\s{1,20}FLAGS|SWAP\s{1,60}OFFSET)$/,
      proof: 0.9,
      read: (m, { state }) => {
        state.expects = m[1]?.startsWith('SWAP') ? 'swap' : 'flags';
      },
    },
    {
      like: /^\s{0,20}([0-9a-f]{1,16})\s{1,20}[0-9a-f]{1,16}\s{1,20}\(([A-Z_0-9|]{1,200})\)$/,
      proof: 0.9,
      read: (m, { state, out }) => {
        if (state.expects !== 'flags') return false;
        delete state.expects;
        state.flags = { word: big(m[1]), names: (m[2] ?? '').split('|') };
        sayWalk(state, out);
        return true;
      },
    },
    {
      like: /^\s{0,20}([0-9a-f]{1,16})\s{1,20}(\/\S{1,200}|\(unknown\))\s{1,20}(\d{1,20})$/,
      proof: 0.8,
      read: (_, { state, out }) => {
        if (state.expects !== 'swap') return false;
        delete state.expects;
        sayWalk(state, out);
        return true;
      },
    },
    {
      like: /^\s{0,20}(?:PAGE\s{1,20}PHYSICAL\s{1,20}MAPPING|VMA\s{1,20}START\s{1,20}END)\s/,
      proof: 0.8,
      read: (_, { state }) => {
        state.expects = 'ignored';
      },
    },
    {
      // struct page and VMA lines
      like: /^\s{0,20}[0-9a-f]{8,16}\s{1,20}[0-9a-f]{1,16}\s{1,20}[0-9a-f]{1,16}\s{1,20}[0-9a-f]{1,16}\s{1,12}-?\d/,
      proof: 0.5,
      read: (_, { state }) => state.expects === 'ignored' || state.input !== undefined,
    },
    { like: /^\s{0,8}(?:(?:PID|COMMAND|TASK|STATE): |CPU: \d{1,5}$)/, proof: 0.3 },
    { like: /^SWAP: \S/, proof: 0.4 },
    {
      like: /^vtop (?:-[a-z]{1,3} |\S{1,20} ){0,4}(?:0x)?([0-9a-f]{1,16})$/,
      proof: 0.4,
      read: (m, { line, state, out }) => {
        if (line.prompt === undefined) return;
        sayWalk(state, out);
        state.input = { value: big(m[1]), digits: 16 };
      },
    },
    { like: /^vtop /, proof: 0.4 },
  ],
  end: sayWalk,
});
