/**
 * arm64 Linux oops: `show_pte()` prints the entries of the walk, `mem_abort_decode()` the syndrome.
 *
 *     Unable to handle kernel paging request at virtual address ffff00000bca30d8
 *       ESR = 0x0000000096000005
 *     swapper pgtable: 4k pages, 48-bit VAs, pgdp=000000000148c000
 *     [ffff00000bca30d8] pgd=000000023f98a003, p4d=000000023f98a003, pud=000000023f98b003, pmd=0000000000000000
 *
 * A level that the configuration does not have is folded: its line repeats the entry above.
 */
import type { Line } from '../lines.ts';
import type { Entry, Fault, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

type Name = 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
/** The lookup level of each name where no level is folded. */
const NOMINAL: Readonly<Record<Name, number>> = { pgd: -1, p4d: 0, pud: 1, pmd: 2, pte: 3 };

interface Oops {
  group: number;
  address?: bigint;
  esr?: bigint;
  said: boolean;
  granule?: '4K' | '16K' | '64K';
  startLevel?: number;
  walk: { name: Name; word: bigint }[];
  started: number;
}
interface State {
  /** One report per CPU or task that prints: they interleave. */
  readonly open: Map<string, Oops>;
}
/** Reports open at once; more would be a hostile log. */
const MOST_OPEN = 64;
/** A continuation belongs to a walk that began at most this many lines before. */
const NEAR = 40;

const STEP = /^,? ?\*?(p4d|pud|pmd|pte)=([0-9a-f]{1,16})/;

/** Levels of a walk in this configuration: 4K pages and 48-bit addresses have four. */
export const startLevel = (granuleKiB: number, vaBits: number): number => {
  const pageShift = 10 + Math.log2(granuleKiB);
  return 4 - Math.ceil((vaBits - pageShift) / (pageShift - 3));
};

const openOops = (state: State, line: Line, out: Sink): Oops => {
  const key = line.tag ?? '';
  if (state.open.size >= MOST_OPEN) state.open.clear();
  const oops: Oops = { group: out.group(), said: false, walk: [], started: line.number };
  state.open.set(key, oops);
  return oops;
};
const current = (state: State, line: Line, out: Sink): Oops =>
  state.open.get(line.tag ?? '') ?? openOops(state, line, out);

/** The fault, once, when its address and as much as there is of the syndrome are known. */
function sayFault(oops: Oops, line: Line, out: Sink): void {
  if (oops.said || oops.address === undefined) return;
  oops.said = true;
  const { address, esr } = oops;
  out.put(line, known<Fault>({ is: 'fault', arch: 'arm64', address, esr }), oops.group);
  out.put(line, { is: 'register', name: 'FAR_EL1', value: address }, oops.group);
}

/** The entries of a walk so far, as names with words; returns what of the text is none. */
function steps(text: string, walk: Oops['walk']): string {
  let rest = text;
  for (;;) {
    const m = STEP.exec(rest);
    if (!m) return rest.trim();
    walk.push({ name: m[1] as Name, word: big(m[2]) });
    rest = rest.slice(m[0].length);
  }
}

/** Puts the entries from `from` on. */
function sayWalk(oops: Oops, from: number, line: Line, out: Sink, width: 32 | 64): void {
  const { walk } = oops;
  const first = walk[0];
  const different = walk.find((step, i) => i > 0 && step.word !== first?.word);
  // Without the pgtable line: the first name that does not repeat the PGD is the level below it.
  const start = oops.startLevel ?? (different ? NOMINAL[different.name] - 1 : undefined);
  for (let i = from; i < walk.length; i++) {
    const { name, word } = walk[i] as Oops['walk'][number];
    const nominal = NOMINAL[name];
    const repeats = i > 0 && word === walk[i - 1]?.word;
    const folded = name !== 'pgd' && repeats && (start === undefined || nominal <= start);
    if (name !== 'pgd' && !folded && start !== undefined && nominal <= start)
      out.trouble(
        `${name} differs from the entry above it, though this configuration has no such level`,
        line,
      );
    const number =
      start === undefined ? (name === 'pgd' || folded ? undefined : nominal) : Math.max(nominal, start);
    const level: Level = known({ name: name.toUpperCase(), number });
    const regime: RegimeGuess | undefined =
      width === 64 ? known<RegimeGuess>({ family: 'arm64.stage1', granule: oops.granule }) : undefined;
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width,
        level,
        regime,
        input: oops.address,
        folded: folded ? (true as const) : undefined,
      }),
      oops.group,
    );
  }
}

export const arm64Oops = recogniser<State>({
  id: 'arm64.oops',
  title: 'arm64 Linux oops: the walk of the faulting address',
  arch: 'arm64',
  state: () => ({ open: new Map() }),
  rows: [
    {
      like: /^\[([0-9a-f]{8,16})\] \*?pgd=([0-9a-f]{1,16})(.*)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        let oops = current(state, line, out);
        if (oops.walk.length > 0) oops = openOops(state, line, out);
        oops.address = big(m[1]);
        oops.started = line.number;
        sayFault(oops, line, out);
        oops.walk.push({ name: 'pgd', word: big(m[2]) });
        const rest = steps(m[3] ?? '', oops.walk);
        if (rest !== '') out.trouble('text after the entries of an oops line was not understood', line);
        const narrow = (m[1]?.length ?? 0) <= 8;
        if (narrow)
          out.trouble(
            '8-digit addresses: a 32-bit Arm kernel, whose short descriptors are not decoded',
            line,
          );
        sayWalk(oops, 0, line, out, narrow && (m[2]?.length ?? 0) <= 8 ? 32 : 64);
      },
    },
    {
      like: STEP,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const oops = state.open.get(line.tag ?? '') ?? [...state.open.values()].at(-1);
        const last = oops?.walk.at(-1);
        if (!oops || !last || line.number - oops.started > NEAR) return false;
        if (NOMINAL[m[1] as Name] <= NOMINAL[last.name]) return false;
        const from = oops.walk.length;
        if (steps(line.text, oops.walk) !== '')
          out.trouble('text after the entries of an oops line was not understood', line);
        sayWalk(oops, from, line, out, 64);
        return true;
      },
    },
    {
      like: /^(swapper|user) pgtable: (\d{1,3})k pages, (\d{2})-bit VAs(?:, pgdp? ?= ?(0x)?([0-9a-f]{8,16}))?/,
      proof: 1,
      read: (m, { line, state, out }) => {
        let oops = current(state, line, out);
        if (oops.walk.length > 0) oops = openOops(state, line, out);
        const kib = Number(m[2]);
        const granule = ({ 4: '4K', 16: '16K', 64: '64K' } as const)[kib];
        if (granule === undefined) return false;
        oops.granule = granule;
        oops.startLevel = startLevel(kib, Number(m[3]));
        out.put(line, { is: 'fact', name: 'granule', value: granule }, oops.group);
        out.put(line, { is: 'fact', name: 'va bits', value: BigInt(m[3] ?? 0) }, oops.group);
        if (m[5] === undefined) return true;
        const doubtful = 'some kernels print a hashed pointer here';
        out.put(line, { is: 'fact', name: 'root', value: big(m[5]), doubtful }, oops.group);
        return true;
      },
    },
    {
      like: /^Unable to handle kernel .{0,120} (?:at|address) (?:virtual address )?([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        openOops(state, line, out).address = big(m[1]);
      },
    },
    {
      like: /^\s*ESR = (0x[0-9a-f]{1,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const oops = current(state, line, out);
        oops.esr = big(m[1]);
        out.put(line, { is: 'register', name: 'ESR_EL1', value: oops.esr }, oops.group);
        sayFault(oops, line, out);
      },
    },
    { like: /^\s*FSC = 0x[0-9a-f]{2}: /, proof: 0.9 },
    { like: /^(?:Mem|Data) abort info:/, proof: 0.9 },
    {
      like: /^\s*(?:EC = 0x|SET = \d, FnV|EA = \d, S1PTW|ISV = \d, ISS|CM = \d, WnR|Access size = |SSE = \d, SRT|SF = \d, AR|GCS = \d|TnD = )/,
      proof: 0.6,
    },
    {
      like: /^Internal error: Oops: ([0-9a-f]{1,16}) \[#\d{1,6}\]/,
      proof: 0.7,
      read: (m, { line, state, out }) => {
        // Older kernels print no "Mem abort info": the syndrome stands here only.
        const oops = state.open.get(line.tag ?? '');
        if (!oops || oops.esr !== undefined) return;
        oops.esr = big(m[1]);
        out.put(line, { is: 'register', name: 'ESR_EL1', value: oops.esr }, oops.group);
      },
    },
  ],
});
