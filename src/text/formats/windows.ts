/**
 * WinDbg `!pte` and HyperDbg `!pte`: places are virtual (the self-map), entries raw.
 *
 *                                                VA fffff8a001cc2060
 *     PXE at FFFFF6FB7DBEDF88    PPE at FFFFF6FB7DBF1400    PDE at FFFFF6FB7E280070    PTE at FFFFF6FC5000E610
 *     contains 000000007AC84863  contains 00000000030D4863  contains 0000000073147863  contains E6500000716FD963
 *     pfn 7ac84     ---DA--KWEV  pfn 30d4      ---DA--KWEV  pfn 73147     ---DA--KWEV  pfn 716fd     -G-DA--KW-V
 */
import { pfnOf } from '../../bits/pages.ts';
import type { Line } from '../lines.ts';
import type { Attributes, Entry, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

interface State {
  group: number;
  /** Whose tables they are was said. */
  said?: true;
  input?: bigint;
  places: { name: string; at: bigint }[];
  words: { line: Line; word: bigint; digits: number }[];
}

const X86_LEVEL: Readonly<Record<string, number>> = { PTE: 1, PDE: 2, PPE: 3, PXE: 4 };
/** `PPE` and `PXE` are Windows' names. */
const VTOP_LEVEL: Readonly<Record<string, number>> = {
  ...{ PTE: 1, PDE: 2, PPE: 3, PDPE: 3, PXE: 4, PML4E: 4, PML5E: 5 },
};
const HEX = '(?:[0-9a-fA-F]{1,8}`[0-9a-fA-F]{8}|[0-9a-fA-F]{1,16})';

/** `-G-DA--KW-V`: C G L D A N T U/K W/R E V. */
const flagsOf = (text: string): Attributes => {
  const on = (i: number): boolean => text[i] !== '-';
  return {
    global: on(1),
    block: on(2),
    dirty: on(3),
    accessed: on(4),
    pcd: on(5),
    pwt: on(6),
    user: text[7] === 'U',
    write: text[8] === 'W',
    execute: on(9),
    valid: on(10),
  };
};

const PFN =
  /(?<!PAGE )pfn ([0-9a-f]{1,10})\s{1,40}([-A-Z]{10,11})(?![-A-Z])|(not valid|Transition: [0-9a-f]{1,10}|PageFile: {1,4}\S{1,8}|Protect: |LARGE PAGE pfn [0-9a-f]{1,10})/g;

function sayWalk(
  state: State,
  out: Sink,
  columns: readonly (RegExpExecArray | RegExpMatchArray)[] = [],
): void {
  const { places } = state;
  // a large page ends the walk: what stands below it is no entry
  const large = columns.findIndex(([, , , other]) => other?.startsWith('LARGE PAGE'));
  const words = large < 0 ? state.words : state.words.slice(0, large);
  state.places = [];
  state.words = [];
  const [first] = words;
  if (!first) return;
  if (!state.said) out.put(first.line, { is: 'fact', name: 'owner', value: 'windows' });
  state.said = true;
  // Flags of ten letters are Windows on Arm's.
  const arm64 = columns.some(([, , flags]) => flags?.length === 10);
  const top = places[0]?.name ?? '';
  const wide = words.some(({ digits }) => digits > 8);
  const mode: RegimeGuess['mode'] = top === 'PXE' ? '4l' : wide ? 'pae' : '32';
  for (const [i, { line, word }] of words.entries()) {
    const place = places[i];
    const column = columns[i];
    const pfn = column?.[1];
    const flags = column?.[2];
    const frame = pfnOf(word) & 0xff_ffff_ffffn;
    if (pfn !== undefined && big(pfn) !== frame)
      out.trouble('a pfn does not belong to the entry above it: is the paste complete?', line);
    const number = place === undefined ? undefined : X86_LEVEL[place.name];
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: mode === '32' && !arm64 ? 32 : 64,
        level:
          place && known({ name: place.name, number: arm64 && number !== undefined ? 4 - number : number }),
        at: place?.at,
        atSpace: place === undefined ? undefined : 'va',
        input: state.input,
        regime: arm64 ? { family: 'arm64.stage1', granule: '4K' } : { family: 'x86.pte', mode },
        attributes: flags !== undefined && flags.length === 11 ? flagsOf(flags) : undefined,
      }),
      state.group,
    );
  }
}

export const windbgPte = recogniser<State>({
  id: 'windbg.pte',
  title: 'WinDbg !pte',
  state: () => ({ group: 0, places: [], words: [] }),
  rows: [
    {
      like: new RegExp(`^\\s{0,8}(P[XPDT]E) at\\s{1,4}(${HEX})(?:\\s{1,40}P[XPDT]E at\\s{1,4}${HEX}){0,3}$`),
      proof: 1,
      read: (_, { line, state, out }) => {
        sayWalk(state, out);
        if (state.input === undefined || state.group === 0) state.group = out.group();
        for (const [, name = '', digits] of line.text.matchAll(
          new RegExp(`(P[XPDT]E) at\\s{1,4}(${HEX})`, 'g'),
        ))
          state.places.push({ name, at: big(digits) });
      },
    },
    {
      like: new RegExp(`^\\s{0,8}contains (${HEX})(?:\\s{1,40}contains ${HEX}){0,3}$`),
      proof: 1,
      read: (_, { line, state, out }) => {
        if (state.places.length === 0) return false;
        for (const [, digits = ''] of line.text.matchAll(new RegExp(`contains (${HEX})`, 'g')))
          state.words.push({ line, word: big(digits), digits: digits.replace('`', '').length });
        if (state.words.length > state.places.length) {
          out.trouble('more entries than places: read without levels from there on', line);
        }
        return true;
      },
    },
    {
      like: /^\s{0,8}(?:pfn [0-9a-f]{1,10}\s|not valid)/,
      proof: 0.95,
      read: (_, { line, state, out }) => {
        if (state.words.length === 0) return false;
        sayWalk(state, out, [...line.text.matchAll(PFN)]);
        delete state.input;
        return true;
      },
    },
    {
      like: new RegExp(`^\\s{1,120}VA (${HEX})$`),
      proof: 0.9,
      read: (m, { state, out }) => {
        sayWalk(state, out);
        state.group = out.group();
        state.input = big(m[1]);
      },
    },
    {
      like: new RegExp(`^VA (${HEX})$`),
      proof: 0.5,
      read: (m, { state, out }) => {
        sayWalk(state, out);
        state.group = out.group();
        state.input = big(m[1]);
      },
    },
    { like: /^\s{0,160}(?:Protect|Transition|PageFile|Proto|Offset): {1,4}[0-9a-f`]{1,17}/, proof: 0.6 },
    {
      // !vtop: places, in newer versions with the entries in them
      like: /^\w{3,8}VtoP: Virt ([0-9a-f`]{8,17}), pagedir ([0-9a-f`]{8,17})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        sayWalk(state, out);
        state.group = out.group();
        state.input = big(m[1]);
        out.put(line, { is: 'fact', name: 'root', value: big(m[2]) }, state.group);
      },
    },
    {
      like: /^(\w{3,8})VtoP: (PAE )?(PML4E|PML5E|PXE|PDPE|PPE|PDE|PTE) ([0-9a-f`]{1,17})(?: - ([0-9a-f`]{8,17}))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const [, tool = '', pae, name = '', place, digits] = m;
        if (digits === undefined) return;
        const mode = tool.startsWith('Amd64') ? '4l' : pae ? 'pae' : '32';
        out.put(
          line,
          known<Entry>({
            is: 'entry',
            word: big(digits),
            width: mode === '32' ? 32 : 64,
            level: known({ name, number: VTOP_LEVEL[name] }),
            at: big(place),
            atSpace: 'pa',
            input: state.input,
            regime: { family: 'x86.pte', mode },
          }),
          state.group,
        );
      },
    },
    {
      like: /^Virtual address ([0-9a-f`]{1,17}) translates to physical address ([0-9a-f`]{1,17})\.?$/,
      proof: 1,
      read: (m, { line, state, out }) =>
        out.put(
          line,
          {
            ...{ is: 'translation', input: big(m[1]), inputSpace: 'va' },
            ...{ output: big(m[2]), outputSpace: 'pa' },
          },
          state.group,
        ),
    },
    {
      like: /^Virtual address ([0-9a-f`]{1,17}) translation fails?, error (0x[0-9a-f]{1,8})\.?$/i,
      proof: 1,
      read: (m, { line, state, out }) =>
        out.put(
          line,
          {
            ...{ is: 'translation', input: big(m[1]), inputSpace: 'va', outputSpace: 'pa' },
            reason: `error ${m[2]}`,
          },
          state.group,
        ),
    },
    { like: /^\w{3,8}VtoP: /, proof: 0.9 },
    { like: /^!vtop\s/, proof: 0.6, read: (_, { line }) => line.prompt?.endsWith('kd>') === true },
    { like: /^!pte\s/, proof: 0.6, read: (_, { line }) => line.prompt?.endsWith('kd>') === true },
  ],
  end: (state, out) => sayWalk(state, out),
});

const HYPER_LEVEL: Readonly<Record<string, number>> = { PML4E: 4, PDPTE: 3, PDPT: 3, PDE: 2, PTE: 1 };

export const hyperdbgPte = recogniser({
  id: 'hyperdbg.pte',
  title: 'HyperDbg !pte',
  arch: 'x86',
  state: (): { group: number; input?: bigint } => ({ group: 0 }),
  rows: [
    {
      like: /^(PML4E|PDPTE|PDPT|PDE|PTE)(?: \(P[XP]E\))? at ([0-9a-f]{16})\s{1,8}contains ([0-9a-f]{16})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        if (m[1] === 'PML4E' && state.input === undefined) state.group = out.group();
        out.put(
          line,
          known<Entry>({
            is: 'entry',
            word: big(m[3]),
            width: 64,
            level: known({ name: m[1] ?? '', number: HYPER_LEVEL[m[1] ?? ''] }),
            at: big(m[2]),
            atSpace: 'va',
            input: state.input,
            regime: { family: 'x86.pte', mode: '4l' },
          }),
          state.group,
        );
      },
    },
    {
      like: /^VA ([0-9a-f]{1,16})$/,
      proof: 0.5,
      read: (m, { state, out }) => {
        state.group = out.group();
        state.input = big(m[1]);
      },
    },
    { like: /^!pte\s/, proof: 0.6, read: (_, { line }) => line.prompt?.endsWith('HyperDbg>') === true },
    { like: /^PDE is a large page, so it doesn't have a PTE$/, proof: 1 },
  ],
});
