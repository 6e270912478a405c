/**
 * Entries that Linux found to be none, on any architecture: nothing faulted [mm/memory.c: print_bad_pte; pmd_ERROR and its
 * like of each architecture].
 *
 *     BUG: Bad page map in process app  pte:fd20b000 pmd:16d7b08067
 *     addr:00007fb3611a5000 vm_flags:08100073 anon_vma:… mapping:… index:7fb3611a5
 *     mm/pgtable-generic.c:33: bad pmd ffff880123456000(00000000deadbeef)
 */
import { looksArm64 } from '../arch.ts';
import type { Line } from '../lines.ts';
import type { Entry, Level, RegimeGuess } from '../model.ts';
import { big, known, recogniser, type Sink } from '../recogniser.ts';

interface Found {
  readonly name: string;
  readonly word: bigint;
  readonly line: Line;
}
interface State {
  /** Until the next lines say their address. */
  walk: readonly Found[];
}

/** With four levels on both; where more or fewer are folded, PTE and PMD are still these. */
const LEVEL: Readonly<Record<string, { readonly x86?: number; readonly arm64?: number }>> = {
  p4d: {},
  pgd: {},
  pud: { x86: 3, arm64: 1 },
  pmd: { x86: 2, arm64: 2 },
  pte: { x86: 1, arm64: 3 },
};
const PAIR = /(pgd|p4d|pud|pmd|pte):([0-9a-f]{8,16})(?!`?[0-9a-zA-Z_])/g;
const pairs = (text: string | undefined, line: Line): readonly Found[] =>
  [...(text ?? '').matchAll(PAIR)].map(([, name = '', digits]) => ({ name, word: big(digits), line }));

const TOP_DOWN = ['pgd', 'p4d', 'pud', 'pmd', 'pte'];

function say(state: State, out: Sink, input?: bigint): void {
  const walk = [...state.walk].sort((a, b) => TOP_DOWN.indexOf(a.name) - TOP_DOWN.indexOf(b.name));
  const [first] = walk;
  state.walk = [];
  if (!first) return;
  const group = out.group();
  // the last is the one that makes no sense
  const arm64 = looksArm64(walk.map(({ word }) => word));
  out.assume(`entries that the kernel found bad are of ${arm64 ? 'arm64' : 'x86'}, as they look`, first.line);
  for (const { name, word, line } of walk)
    out.put(
      line,
      known<Entry>({
        is: 'entry',
        word,
        width: 64,
        level: known<Level>({ name: name.toUpperCase(), number: LEVEL[name]?.[arm64 ? 'arm64' : 'x86'] }),
        input,
        regime: { family: arm64 ? 'arm64.stage1' : 'x86.pte' },
      }),
      group,
    );
}

export const badPageMap = recogniser<State>({
  id: 'linux.bad-page-map',
  owner: 'linux',
  title: 'entries that Linux found bad',
  wraps: true,
  state: () => ({ walk: [] }),
  rows: [
    {
      like: /^BUG: Bad page map in process .{0,40}? ((?:(?:pgd|p4d|pud|pmd|pte):[0-9a-f]{8,16} ?){1,5})$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        say(state, out);
        state.walk = pairs(m[1], line);
      },
    },
    {
      // 6.18 and later: the entry that is bad above, all that lead to it here
      like: /^((?:(?:pgd|p4d|pud|pmd|pte):[0-9a-f]{8,16} ?){1,5})$/,
      proof: 0.6,
      read: (m, { line, state }) => {
        if (state.walk.length === 0) return false;
        const there = new Set(state.walk.map(({ name }) => name));
        state.walk = [...pairs(m[1], line).filter(({ name }) => !there.has(name)), ...state.walk];
        return true;
      },
    },
    {
      like: /^addr:(?:0x)?([0-9a-f]{8,16}) vm_flags:/,
      proof: 0.9,
      read: (m, { state, out }) => say(state, out, big(m[1])),
    },
    { like: /^page:[0-9a-f]{8,16} refcount:|^file:.{1,80} (?:fault|mmap):/, proof: 0.5 },
    {
      like: /^.{1,80}:\d{1,6}: bad (pgd|p4d|pud|pmd|pte) (?:(?:(?:0x)?[0-9a-f]{1,16}|\(ptrval\)) ?\()?([0-9a-f]{8,16})\)?\.?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        say(state, out);
        const [, name = '', digits = ''] = m;
        const narrow = digits.length <= 8;
        // x86 prints the place of the entry too, arm64 the entry alone
        const x86 = m[0].includes('(');
        const regime: RegimeGuess = x86
          ? { family: 'x86.pte', ...(narrow ? { mode: '32' } : {}) }
          : { family: 'arm64.stage1' };
        out.put(
          line,
          known<Entry>({
            is: 'entry',
            word: big(digits),
            width: narrow ? 32 : 64,
            level: known<Level>({
              name: name.toUpperCase(),
              number: LEVEL[name]?.[x86 ? 'x86' : 'arm64'],
            }),
            regime,
          }),
          out.group(),
        );
      },
    },
  ],
  end: say,
});
