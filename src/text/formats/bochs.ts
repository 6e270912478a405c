/**
 * Bochs's debugger: `page`, `info tab`, `trace-mem`.
 *
 *      PML4: 0x0000000006148200 : 0x000000000797c067    ps         A pcd pwt U W P       case says set or clear
 *     EPT  PTE: 0x00000000079f3080 : 0x06000000029c0b77    X W R IGNORE_PAT WB
 *     linear page 0x0000200000000000 maps to physical page 0x0000029f1000
 *     0x0000000000408000-0x000000000040afff -> 0x000004411000-0x000004413fff               both ends inclusive
 *     [CPU0 RD]: PHY 0x0000079f3080 (len=8, WB): 0x06000000 0x029C0B77	; EPT PTE           high half first
 */
import { join } from '../../bits/word.ts';
import type { Line } from '../lines.ts';
import type { Attributes, Entry, Level, RegimeGuess, Translation } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

const LEVEL: Readonly<Record<string, number>> = {
  PTE: 1,
  PDE: 2,
  PDPE: 3,
  PDPTE: 3,
  PML4: 4,
  PML4E: 4,
  PML5: 5,
  PML5E: 5,
};

interface Step {
  readonly line: Line;
  readonly name: string;
  readonly at?: bigint;
  readonly word: bigint;
  readonly attributes: Attributes;
  readonly ept: boolean;
}
interface PageState {
  input?: bigint;
  walk: Step[];
}

const STAGE1: Readonly<Record<string, Attributes>> = {
  XD: { execute: false },
  xd: { execute: true },
  PS: { block: true },
  ps: { block: false },
  G: { global: true },
  g: { global: false },
  PAT: { pat: true },
  pat: { pat: false },
  D: { dirty: true },
  d: { dirty: false },
  A: { accessed: true },
  a: { accessed: false },
  PCD: { pcd: true },
  pcd: { pcd: false },
  PWT: { pwt: true },
  pwt: { pwt: false },
  U: { user: true },
  S: { user: false },
  W: { write: true },
  R: { write: false },
  P: { valid: true },
  p: { valid: false },
};
const EPT: Readonly<Record<string, Attributes>> = {
  PS: { block: true },
  XU: { executeUser: true },
  xu: { executeUser: false },
  X: { execute: true },
  x: { execute: false },
  E: { execute: true },
  e: { execute: false },
  W: { write: true },
  w: { write: false },
  R: { read: true },
  r: { read: false },
  D: { dirty: true },
  d: { dirty: false },
  A: { accessed: true },
  a: { accessed: false },
  IGNORE_PAT: { ignorePat: true },
  ignore_pat: { ignorePat: false },
};
const MEMORY_TYPE = /^(?:UC-?|WC|WT|WP|WB)$/;

function flags(text: string, ept: boolean, line: Line, out: Sink): Attributes {
  let all: Attributes = ept ? {} : { execute: true };
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    const says = ept && MEMORY_TYPE.test(word) ? { type: word } : (ept ? EPT : STAGE1)[word];
    if (says) all = { ...all, ...says };
    else out.trouble(`flag "${word.slice(0, 40)}" is not known`, line);
  }
  return all;
}

function sayWalk(state: PageState, out: Sink, output?: bigint): void {
  const { walk, input } = state;
  state.walk = [];
  if (walk.length === 0) return;
  const group = out.group();
  const top = walk.find(({ ept }) => !ept)?.name;
  const mode: RegimeGuess['mode'] =
    top === 'PML5'
      ? '5l'
      : top === 'PML4'
        ? '4l'
        : top === 'PDPE' || top === 'PDPTE'
          ? 'pae'
          : top
            ? '32'
            : undefined;
  for (const [i, { line, name, at, word, attributes, ept }] of walk.entries())
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: !ept && mode === '32' ? 32 : 64,
        level: known<Level>({ name, number: LEVEL[name] }),
        at,
        atSpace: at === undefined ? undefined : 'pa',
        input,
        output: i === walk.length - 1 ? output : undefined,
        regime: ept ? { family: 'x86.ept' } : known<RegimeGuess>({ family: 'x86.pte', mode }),
        attributes,
      }),
      group,
    );
}

export const bochsPage = recogniser<PageState>({
  id: 'bochs.page',
  title: 'Bochs page',
  arch: 'x86',
  map: { holes: true },
  state: () => ({ walk: [] }),
  rows: [
    {
      like: /^ {0,4}(EPT )? {0,4}(PML5|PML4|PDPE|PDPTE|PDE|PTE): 0x([0-9a-f]{8,16})(?: : 0x([0-9a-f]{8,16}))?(\s{1,8}[A-Za-z][A-Za-z_ -]{2,100})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const ept = m[1] !== undefined;
        const place = m[4] === undefined ? undefined : big(m[3]);
        if (state.walk.length < 64)
          state.walk.push(
            known<Step>({
              line,
              name: m[2] ?? '',
              at: place,
              word: big(m[4] ?? m[3]),
              attributes: flags(m[5] ?? '', ept, line, out),
              ept,
            }),
          );
      },
    },
    {
      like: /^linear page 0x([0-9a-f]{8,16}) maps to physical page 0x([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.input ??= big(m[1]);
        sayWalk(state, out, big(m[2]));
        out.put(line, {
          is: 'translation',
          input: big(m[1]),
          inputSpace: 'va',
          output: big(m[2]),
          outputSpace: 'pa',
        });
        delete state.input;
      },
    },
    {
      like: /^physical address not available for linear (?:page )?0x([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        sayWalk(state, out);
        out.put(line, {
          is: 'translation',
          input: big(m[1]),
          inputSpace: 'va',
          outputSpace: 'pa',
          reason: 'physical address not available',
        });
        delete state.input;
      },
    },
    {
      like: /^page (0x[0-9a-f]{1,16}|\d{1,20})$/,
      proof: 0.7,
      read: (m, { state, out }) => {
        sayWalk(state, out);
        state.input = BigInt(m[1] ?? 0);
      },
    },
  ],
  end: (state, out) => sayWalk(state, out),
});

/** 0xffff800000000000 to 0xfffffdffffffffff. */
const UNLISTED = { start: 0xffff_8000_0000_0000n, end: 0xffff_fe00_0000_0000n } as const;
const UNLISTED_TEXT = 'Bochs lists nothing between 0xffff800000000000 and 0xfffffdffffffffff';

export const bochsTab = recogniser({
  id: 'bochs.info-tab',
  title: 'Bochs info tab',
  arch: 'x86',
  map: { habits: [{ leavesOut: UNLISTED, because: UNLISTED_TEXT }] },
  state: () => ({}),
  rows: [
    {
      like: /^0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16}) -> 0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, out }) => {
        const [start, last, output, outputLast] = [big(m[1]), big(m[2]), big(m[3]), big(m[4])];
        if (last - start !== outputLast - output)
          out.trouble(
            'ranges on both sides of a row differ in length: the output is taken from its start',
            line,
          );
        out.assume(UNLISTED_TEXT, line);
        out.put(line, {
          is: 'range',
          space: 'va',
          start,
          end: last + 1n,
          output,
          regime: { family: 'x86.pte' },
        });
      },
    },
    {
      like: /^cr3: 0x([0-9a-f]{8,16})$/,
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'register', name: 'CR3', value: big(m[1]) }),
    },
    { like: /^info tab$/, proof: 0.5 },
  ],
});

interface TraceState {
  accesses: number;
}

export const bochsTrace = recogniser<TraceState>({
  id: 'bochs.trace-mem',
  title: 'Bochs trace-mem',
  arch: 'x86',
  state: () => ({ accesses: 0 }),
  rows: [
    {
      like: /^\[CPU(\d{1,3}) (?:RD|WR|RW|EX)\]: (?:LIN 0x([0-9a-f]{8,16}) )?PHY 0x([0-9a-f]{8,16}) \(len=(\d{1,3})(?:, ([A-Z-]{2,4}))?\)(?:: 0x([0-9A-Fa-f]{2,8})(?: 0x([0-9A-Fa-f]{8}))?)?(?:\s{1,4}; ([A-Z0-9 ]{2,20}))?$/,
      proof: 1,
      read: (m, { line, out }) => {
        const [, , lin, phy, length, type, high, low, what] = m;
        const place = big(phy);
        const name = /^(?:(EPT|NESTED) )?(PML5E|PML4E|PDPTE|PDE|PTE)$/.exec(what ?? '');
        if (name && high !== undefined) {
          const word = low === undefined ? big(high) : join(Number(big(low)), Number(big(high)));
          const family = name[1] === 'EPT' ? 'x86.ept' : name[1] === 'NESTED' ? 'x86.npt' : 'x86.pte';
          out.put(
            line,
            known<Entry>({
              is: 'entry',
              word,
              width: length === '4' ? 32 : 64,
              level: known<Level>({ name: what ?? '', number: LEVEL[name[2] ?? ''] }),
              at: place,
              atSpace: 'pa',
              regime: { family },
            }),
          );
        } else if (lin !== undefined)
          out.put(
            line,
            known<Translation>({
              is: 'translation',
              input: big(lin),
              inputSpace: 'va',
              output: place,
              outputSpace: 'pa',
              type,
            }),
          );
      },
    },
    { like: /^\(\d{1,3}\) (?:Magic breakpoint|\[0x)|^Next at t=\d/, proof: 0.5 },
    { like: /^trace-mem (?:on|off)$/, proof: 0.5 },
  ],
});
