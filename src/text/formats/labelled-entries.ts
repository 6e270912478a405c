/**
 * Entries with their level in words, as kernels and hypervisors of all kinds log them.
 *
 *     PML4E=0x2067 PDPTE=0x3067 PDE=0x4067 PTE=0x5067
 *     PTE: 0x8000000101234061
 *     va 0x7f62d5b48e68: pgd:21632a067 p4d:21632a067 pud:3fa0b6063 pmd:3d4f24063 pte:80000003d4e52063
 *
 * Levels on lines of their own are one walk as long as they go down.
 */
import { looksArm64 } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Entry, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

interface Step {
  readonly line: Line;
  readonly table: string;
  readonly name: string;
  /** 5 at the top of x86, whoever has it. */
  readonly rank: number;
  readonly digits: string;
}
interface State {
  walk: Step[];
  input?: bigint;
}

/** Names of the manuals [SDM, AMD APM] and of Linux. */
const RANK: Readonly<Record<string, number>> = {
  ...{ pml5e: 5, pml5: 5, pml4e: 4, pml4: 4, pdpte: 3, pdpe: 3, pdpt: 3, pde: 2, pd: 2, pte: 1, pt: 1 },
  ...{ pgd: 5, p4d: 4, pud: 3, pmd: 2 },
};
const LINUX = /^(?:pgd|p4d|pud|pmd)$/;

const NAME = '(?:pml[45]e?|pdpte?|pdpe|pde?|pte?|pgd|p4d|pud|pmd)';
const PAIR = `(?:(?:ept|npt)[ _-]?)?${NAME}(?:_val|\\[(?:0x)?[0-9a-f]{1,3}\\])?(?: ?= ?| ?: ?)(?:0x)?[0-9a-f]{1,16}`;
const SPLIT =
  /(?:(ept|npt)[ _-]?)?(pml[45]e?|pdpte?|pdpe|pde?|pte?|pgd|p4d|pud|pmd)(?:_val|\[(?:0x)?[0-9a-f]{1,3}\])?(?: ?= ?| ?: ?)(?:0x)?([0-9a-f]{1,16})(?!`?[0-9a-z_])/gi;
const INPUT =
  '(?:(?:g?va|gpa|v?addr(?:ess)?|virt|linear)(?: ?= ?| ?: ?| )(?:0x)?([0-9a-f]{1,16})[:,;]? {1,4})?';
/** One entry alone must look like one. */
const WORD = '(?:0x[0-9a-f]{3,16}|[0-9a-f]{8,16}|(?:0x)?0)';
/** Tables that are a root where they stand alone. */
const ALONE = '(?:pml[45]e|pdpte|pdpe|pde|pte|p4d|pud|pmd)';

const MOST = 16;

function modeOf(walk: readonly Step[], narrow: boolean): RegimeGuess['mode'] {
  const [top, second] = walk;
  if (top === undefined) return undefined;
  if (top.name === 'pgd')
    return second && (second.name !== 'p4d' || big(second.digits) === big(top.digits)) ? '4l' : '5l';
  if (top.rank === 5) return '5l';
  if (top.rank === 4 && top.name !== 'p4d') return '4l';
  return narrow ? '32' : undefined;
}

function say(state: State, out: Sink): void {
  const { walk, input } = state;
  state.walk = [];
  delete state.input;
  const [top] = walk;
  if (!top) return;
  const group = out.group();
  const words = walk.map(({ digits }) => big(digits));
  const linux = walk.some(({ name }) => LINUX.test(name));
  const arm64 = linux && top.table === '' && looksArm64(words);
  if (linux && top.table === '')
    out.assume(`entries by Linux's names are of ${arm64 ? 'arm64' : 'x86'}, as they look`, top.line);
  // written out in full, 32-bit entries have eight digits
  const narrow = !linux && top.rank <= 2 && walk.every(({ digits }) => digits.length === 8);
  const mode = top.table === '' && !arm64 ? modeOf(walk, narrow) : undefined;
  const regime: RegimeGuess = arm64
    ? { family: 'arm64.stage1' }
    : known({ family: top.table === '' ? 'x86.pte' : `x86.${top.table}`, mode });
  for (const [i, { line, name, rank }] of walk.entries()) {
    const folded = name === 'p4d' && mode === '4l';
    const level = arm64 ? (rank > 3 ? undefined : 4 - rank) : name === 'pgd' && mode === '4l' ? 4 : rank;
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word: words[i] as bigint,
        width: narrow ? 32 : 64,
        level: known<Level>({ name: name.toUpperCase(), number: level }),
        input,
        regime,
        folded: folded ? (true as const) : undefined,
      }),
      group,
    );
  }
}

function take(text: string, input: string | undefined, line: Line, state: State, out: Sink): void {
  for (const [, table = '', name = '', digits = ''] of text.matchAll(SPLIT)) {
    const step = { line, table: table.toLowerCase(), name: name.toLowerCase(), digits };
    const rank = RANK[step.name] ?? 0;
    const above = state.walk.at(-1);
    if (above && (rank >= above.rank || above.table !== step.table || state.walk.length >= MOST))
      say(state, out);
    if (input !== undefined) state.input ??= big(input);
    state.walk.push({ ...step, rank });
  }
}

export const labelledEntries = recogniser<State>({
  id: 'entries.labelled',
  title: 'entries with their level in words',
  state: () => ({ walk: [] }),
  rows: [
    {
      like: new RegExp(`^${INPUT}${PAIR}(?:[ ,;]{1,4}(?:-> ?)?${PAIR}){1,5}$`, 'i'),
      proof: 0.75,
      read: (m, { line, state, out }) => {
        say(state, out);
        take(line.text.slice(line.text.search(new RegExp(PAIR, 'i'))), m[1], line, state, out);
        say(state, out);
      },
    },
    {
      like: new RegExp(
        `^${INPUT}(?:(?:ept|npt)[ _-]?)?${ALONE}(?:_val|\\[(?:0x)?[0-9a-f]{1,3}\\])?(?: ?= ?| ?: ?)${WORD}$`,
        'i',
      ),
      proof: 0.6,
      read: (m, { line, state, out }) => {
        if (state.walk.length === 0 && /\D0$/.test(line.text)) return false; // nothing is told of nobody's table
        take(line.text, m[1], line, state, out);
        return true;
      },
    },
  ],
  end: say,
});
