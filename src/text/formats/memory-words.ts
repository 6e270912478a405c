/**
 * Debuggers that print memory as words: QEMU `xp` and `x`, gdb `x/gx` and its smaller units, Bochs `xp`.
 *
 *     0000000007c01000: 0x0000000007c02023 0x0000000007c03003            QEMU
 *     0x7c01000 <init_top_pgt+16>:	0x0000000007c02023	0x0000000007c03003     gdb
 *     fffff880`0a1b2c30  00000000`02182063 00000000`00000000             WinDbg dq; !dq puts # in front: physical
 *     0x0000000006148000 <bogus+       0>:	0x0707c067	0x00000000           Bochs
 *
 * The number of digits says the unit; units smaller than an entry are put together, low part first.
 */
import type { Line } from '../lines.ts';
import type { Entry } from '../model.ts';
import { type About, type At, big, type Recogniser, recogniser } from '../recogniser.ts';
import { WordAssembler } from '../words.ts';

interface State {
  words?: WordAssembler;
  space?: 'pa' | 'va';
  readonly entryBytes: 4 | 8;
}

const UNITS: Readonly<Record<number, number>> = { 2: 1, 4: 2, 8: 4, 16: 8 };

/** One row of words behind an address; false where the words are not all of one size. */
function words(at: string, list: string, { line, state, out }: At<State>): boolean {
  const texts = list.trim().split(/\s+/);
  const digits = (texts[0]?.length ?? 2) - 2;
  const unit = UNITS[digits];
  if (unit === undefined || texts.some(text => text.length - 2 !== digits)) return false;
  state.words ??= new WordAssembler(out, state.entryBytes);
  if (unit < state.entryBytes)
    out.assume(
      `units smaller than an entry are put together, low part first, to ${8 * state.entryBytes}-bit entries`,
      line,
    );
  const extra: Pick<Entry, 'atSpace'> = state.space === undefined ? {} : { atSpace: state.space };
  let place = big(at);
  for (const text of texts) {
    state.words.unit(line, place, BigInt(text), unit, extra);
    place += BigInt(unit);
  }
  return true;
}

interface Tool extends About {
  /** Group 1 the address, group 2 the words. */
  readonly row: RegExp;
  readonly space?: 'pa' | 'va';
  readonly more: Parameters<typeof recogniser<State>>[0]['rows'];
}

const tool = ({ row, space, more, ...about }: Tool): Recogniser =>
  recogniser<State>({
    ...about,
    state: ({ entryBytes = 8 }) => ({ entryBytes, ...(space ? { space } : {}) }),
    rows: [{ like: row, proof: 0.95, read: (m, at) => words(m[1] ?? '', m[2] ?? '', at) }, ...more],
    end: state => state.words?.flush(),
  });

/** `xp` reads physical, `x` virtual addresses. */
const command = (prompt: RegExp) => ({
  like: /^(xp|x) ?(?:\/\d{0,8}[a-z]{0,3} ?)?(?:0x[0-9a-f]{1,16}|\d{1,20}|\$\w{1,16})$/,
  proof: 0.5,
  read: (m: RegExpExecArray, { line, state }: { line: Line; state: State }) => {
    if (line.prompt === undefined || !prompt.test(line.prompt)) return false;
    state.words?.flush();
    state.space = m[1] === 'xp' ? 'pa' : 'va';
    return true;
  },
});

export const qemuWords = tool({
  id: 'qemu.xp',
  title: 'QEMU xp and x',
  row: /^([0-9a-f]{8,16}):((?: 0x[0-9a-f]{2,16}){1,16})$/,
  more: [command(/qemu/), { like: /^[0-9a-f]{8,16}: Cannot access memory$/, proof: 0.8 }],
});

export const gdbWords = tool({
  id: 'gdb.x',
  title: 'gdb x/gx',
  row: /^(0x[0-9a-f]{1,16})(?: <(?!bogus\+)[^>]{1,200}>)?:((?:\s{1,8}0x[0-9a-f]{2,16}){1,16})$/,
  space: 'va',
  more: [
    {
      like: /^(?:0x[0-9a-f]{1,16}:\s)?sending: ?"?Qqemu\.PhyMemMode:([01])"?$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        state.words?.flush();
        state.space = m[1] === '1' ? 'pa' : 'va';
        out.assume("addresses are physical while QEMU's physical memory mode is on", line);
      },
    },
    { like: /^received: "OK"$/, proof: 0.3 },
    { like: /^Cannot access memory at address 0x[0-9a-f]{1,16}$/, proof: 0.8 },
    { like: /^(?:maintenance packet|monitor|info registers|x\/|p \$)/, proof: 0.3 },
  ],
});

export const bochsWords = tool({
  id: 'bochs.xp',
  title: 'Bochs xp and x',
  arch: 'x86',
  row: /^(0x[0-9a-f]{8,16}) <bogus\+ *\d{1,12}>:((?:\s{1,8}0x[0-9a-f]{2,16}){1,16})$/,
  more: [command(/bochs/), { like: /^\[bochs\]:$/, proof: 0.9 }],
});

const WINDBG_WORDS =
  '((?:[0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{2,16})(?: (?:[0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{2,16})){0,15})';

/** One row of `dq` and its like. */
function windbgRow(m: RegExpExecArray, at: At<State>, space: 'pa' | 'va'): boolean {
  const { state } = at;
  if (state.space !== space) state.words?.flush();
  state.space = space;
  return words(
    m[1] ?? '',
    (m[2] ?? '')
      .split(' ')
      .map(text => `0x${text.replace('`', '')}`)
      .join(' '),
    at,
  );
}

const MARKED = `([0-9a-f]{5,8}\`?[0-9a-f]{0,8}) {1,2}${WINDBG_WORDS}(?: {2,4}\\S.{0,80})?`;
/** Where the mark stands right before the address, and where it looked like a prompt. */
const PHYSICAL = new RegExp(`^# {0,16}${MARKED}$`);
const UNMARKED = new RegExp(`^${MARKED}$`);
const VIRTUAL = new RegExp(`^([0-9a-f]{1,8}\`[0-9a-f]{8}) {2}${WINDBG_WORDS}(?: {2,4}\\S.{0,80})?$`);
const VIRTUAL_32 = /^([0-9a-f]{8}) {2}([0-9a-f]{8}`[0-9a-f]{8}(?: [0-9a-f]{8}`[0-9a-f]{8}){0,3})$/;

const isWindbgRow = ({ text, prompt }: Line): boolean =>
  (prompt === '#' ? [UNMARKED] : [PHYSICAL, VIRTUAL, VIRTUAL_32]).some(like => like.test(text));

/** WinDbg's words show what they are by `#` in front, or by the backtick in the middle; `dd` without one is as od prints. */
export const windbgWords = recogniser<State>({
  id: 'windbg.d',
  title: 'WinDbg dq, dd, !dq, !dd',
  numbersFrom: 0.9, // a backtick in each number, or a mark in front of the row
  state: ({ entryBytes = 8 }) => ({ entryBytes }),
  rows: [
    { like: PHYSICAL, proof: 0.95, read: (m, at) => windbgRow(m, at, 'pa') },
    { like: VIRTUAL, proof: 0.95, read: (m, at) => windbgRow(m, at, 'va') },
    { like: VIRTUAL_32, proof: 0.95, read: (m, at) => windbgRow(m, at, 'va') },
    {
      like: UNMARKED,
      proof: 0.95,
      read: (m, at) => at.line.prompt === '#' && windbgRow(m, at, 'pa'),
    },
    {
      like: /^!?d[qdpc][us]? /,
      proof: 0.5,
      read: (_, { line }) => line.prompt?.endsWith('kd>') === true,
    },
  ],
  end: state => state.words?.flush(),
  // hex dumps of other tools have rows of the same shape, and no mark
  score: lines => {
    const texts = lines.filter(({ text }) => text !== '');
    return texts.length === 0 ? 0 : (0.96 * texts.filter(isWindbgRow).length) / texts.length;
  },
});
