/**
 * x86 Linux oops: `dump_pagetable()` prints raw entries from the top and stops at the first that is not present or maps
 * a page; `BAD` ends it.
 *
 *     BUG: unable to handle page fault for address: ffffc9000002d000
 *     #PF: error_code(0x000b) - reserved bit violation
 *     PGD 3400067 P4D 3400067 PUD 35a7067 PMD 35a8067 PTE 800000fffffee163
 *     CR2: ffffc9000002d000 CR3: 0000000006202000 CR4: 0000000000750ef0
 *
 * With four levels P4D repeats PGD. 32-bit kernels print `*pdpt = … *pde = … *pte = …`.
 */
import type { Line } from '../lines.ts';
import type { Entry, Fault, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

interface Oops {
  readonly group: number;
  address?: bigint;
  errorCode?: bigint;
  said: boolean;
  walk: { name: string; word: bigint }[];
  started: number;
}
interface State {
  readonly open: Map<string, Oops>;
}
const MOST_OPEN = 64;
const NEAR = 40;
const LOWER: Readonly<Record<string, number>> = { PTE: 1, PMD: 2, PUD: 3, P4D: 4, PGD: 5 };

const openOops = (state: State, line: Line, out: Sink): Oops => {
  if (state.open.size >= MOST_OPEN) state.open.clear();
  const oops: Oops = { group: out.group(), said: false, walk: [], started: line.number };
  state.open.set(line.tag ?? '', oops);
  return oops;
};
const current = (state: State, line: Line, out: Sink): Oops =>
  state.open.get(line.tag ?? '') ?? openOops(state, line, out);

function sayFault(oops: Oops, line: Line, out: Sink): void {
  const { address, errorCode } = oops;
  if (oops.said || address === undefined) return;
  oops.said = true;
  out.put(line, known<Fault>({ is: 'fault', arch: 'x86', address, errorCode }), oops.group);
}

const STEP = /^(P4D|PUD|PMD|PTE) ([0-9a-f]{1,16})(?: |$)/;

/** Adds steps; returns false where something else stands among them. */
function steps(text: string, walk: Oops['walk']): boolean {
  let rest = text.trimStart();
  while (rest !== '' && rest !== 'BAD') {
    const m = STEP.exec(rest);
    if (!m) return false;
    walk.push({ name: m[1] as string, word: big(m[2]) });
    rest = rest.slice(m[0].length).trimStart();
  }
  return true;
}

function sayWalk(oops: Oops, from: number, line: Line, out: Sink): void {
  const { walk } = oops;
  const [pgd, second] = walk;
  const mode: RegimeGuess['mode'] =
    second === undefined ? undefined : second.name !== 'P4D' || second.word === pgd?.word ? '4l' : '5l';
  for (let i = from; i < walk.length; i++) {
    const { name, word } = walk[i] as Oops['walk'][number];
    const folded = name === 'P4D' && mode === '4l';
    const number = name === 'PGD' ? (mode === undefined ? undefined : mode === '4l' ? 4 : 5) : LOWER[name];
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: 64,
        level: known<Level>({ name, number }),
        input: oops.address,
        regime: known<RegimeGuess>({ family: 'x86.pte', mode }),
        folded: folded ? (true as const) : undefined,
      }),
      oops.group,
    );
  }
}

const NARROW = /\*(pdpt|pde|pte) = ([0-9a-f]{8,16})/g;
const NARROW_LEVEL: Readonly<Record<string, number>> = { pdpt: 3, pde: 2, pte: 1 };

export const x86Oops = recogniser<State>({
  id: 'x86.oops',
  title: 'x86 Linux oops: the walk of the faulting address',
  arch: 'x86',
  state: () => ({ open: new Map() }),
  rows: [
    {
      like: /^PGD ([0-9a-f]{1,16})((?: (?:P4D|PUD|PMD|PTE) [0-9a-f]{1,16}){0,4}(?: BAD)?)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        let oops = current(state, line, out);
        if (oops.walk.length > 0) oops = openOops(state, line, out);
        oops.started = line.number;
        oops.walk.push({ name: 'PGD', word: big(m[1]) });
        if (!steps(m[2] ?? '', oops.walk)) return false;
        sayFault(oops, line, out);
        sayWalk(oops, 0, line, out);
        if (line.text.endsWith('BAD'))
          out.trouble('the kernel could not read a table of the walk (BAD)', line);
        return true;
      },
    },
    {
      like: STEP,
      proof: 0.8,
      read: (_, { line, state, out }) => {
        const oops = state.open.get(line.tag ?? '') ?? [...state.open.values()].at(-1);
        const from = oops?.walk.length ?? 0;
        if (!oops || from === 0 || line.number - oops.started > NEAR) return false;
        const more: Oops['walk'] = [];
        if (!steps(line.text, more)) return false;
        oops.walk.push(...more);
        sayWalk(oops, from, line, out);
        return true;
      },
    },
    {
      like: /^\*(?:pdpt|pde) = [0-9a-f]{8,16}(?: |$)/,
      proof: 1,
      read: (_, { line, state, out }) => {
        const oops = current(state, line, out);
        sayFault(oops, line, out);
        const pae = line.text.startsWith('*pdpt') || /\*pde = [0-9a-f]{16}/.test(line.text);
        for (const [, name = '', digits = ''] of line.text.matchAll(NARROW))
          out.put(
            line,
            known<Entry>({
              is: 'entry',
              word: big(digits),
              width: pae ? 64 : 32,
              level: known<Level>({ name, number: NARROW_LEVEL[name] }),
              input: oops.address,
              regime: { family: 'x86.pte', mode: pae ? 'pae' : '32' },
            }),
            oops.group,
          );
      },
    },
    {
      like: /^BUG: (?:unable to handle|kernel NULL pointer|KASAN: )[^:]{0,80}?(?:address: ?| at )(?:virtual address )?(?:0x)?([0-9a-f]{8,16})\b/,
      proof: 1,
      read: (m, { line, state, out }) => {
        openOops(state, line, out).address = big(m[1]);
      },
    },
    {
      like: /^#PF: error_code\((0x[0-9a-f]{1,8})\)/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const oops = current(state, line, out);
        oops.errorCode = big(m[1]);
        sayFault(oops, line, out);
      },
    },
    { like: /^#PF: (?:supervisor|user) /, proof: 0.9 },
    {
      like: /^CR2: ([0-9a-f]{8,16})(?: CR3: ([0-9a-f]{8,16}) CR4: ([0-9a-f]{8,16}))?$/,
      proof: 0.7,
      read: (m, { line, state, out }) => {
        const { group } = current(state, line, out);
        for (const [name, digits] of [
          ['CR2', m[1]],
          ['CR3', m[2]],
          ['CR4', m[3]],
        ] as const)
          if (digits !== undefined) out.put(line, { is: 'register', name, value: big(digits) }, group);
      },
    },
    {
      like: /^(?:CS|DS): .{0,60}\bCR0: ([0-9a-f]{8,16})$/,
      proof: 0.7,
      read: (m, { line, state, out }) =>
        out.put(line, { is: 'register', name: 'CR0', value: big(m[1]) }, current(state, line, out).group),
    },
    {
      like: /^CR0: ([0-9a-f]{8,16}) CR2: ([0-9a-f]{8,16}) CR3: ([0-9a-f]{8,16}) CR4: ([0-9a-f]{8,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const { group } = current(state, line, out);
        for (const [i, name] of (['CR0', 'CR2', 'CR3', 'CR4'] as const).entries())
          out.put(line, { is: 'register', name, value: big(m[i + 1]) }, group);
      },
    },
    { like: /^Oops: (?:[a-z ]{0,20})?[0-9a-f]{4} \[#\d{1,6}\]/, proof: 0.6 },
  ],
});
