/**
 * The kernel's own dumps of its tables: arm64 `kernel_page_tables`, KVM's `stage2_page_tables`, x86 `page_tables/*`.
 * One row shape; the vocabularies differ, and differ between versions: they are read by word, never by column.
 *
 *     0xfff0000000000000-0xfff0000000210000        2112K PTE       RW NX     AF            UXN    MEM/NORMAL-TAGGED
 *     0x0000000001020000-0x0000000001021000           4K 3   R W X AF
 *     0xffffffff81000000-0xffffffff81e00000          14M     ro         PSE     GLB x  pmd
 *
 * None prints a raw entry; arm64 and x86 print no output address either.
 */
import type { Line } from '../lines.ts';
import type { Attributes, Level, Range, RegimeGuess, Space } from '../model.ts';
import { type At, big, known, recogniser, type Sink, sized } from '../recogniser.ts';

const SPAN = String.raw`^0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16})\s+(\d{1,12})([BKMGTPE])`;

interface State {
  under?: string;
}

type Words = readonly string[];
interface Vocabulary {
  readonly space: Space;
  readonly regime: RegimeGuess;
  /** What a word says; undefined for words that are not known. */
  readonly word: (word: string) => Attributes | undefined;
  /** What the absence of words says, given all that are there. */
  readonly rest?: (words: ReadonlySet<string>, level: string) => Attributes;
}

/** Sizes are there to check by: a torn line does not agree with itself. */
function span(m: RegExpExecArray, line: Line, out: Sink): { start: bigint; end: bigint } | undefined {
  const start = big(m[1]);
  // The last row of an address space ends at 2^64, printed as 0.
  const end = big(m[2]) === 0n ? 1n << BigInt(4 * (m[2]?.length ?? 16)) : big(m[2]);
  if (end - start !== sized(m[3], m[4])) {
    out.trouble('a row does not span the size it prints: left out', line);
    return undefined;
  }
  return { start, end };
}

function attributes(
  words: Words,
  level: string,
  vocabulary: Vocabulary,
  line: Line,
  out: Sink,
): Attributes | undefined {
  if (words.length === 0) return undefined;
  let all: Attributes = {};
  for (const word of words) {
    const says = vocabulary.word(word);
    if (says) all = { ...all, ...says };
    else out.trouble(`attribute word "${word.slice(0, 40)}" is not known`, line);
  }
  return { ...vocabulary.rest?.(new Set(words), level), ...all };
}

function row(
  m: RegExpExecArray,
  { level, words }: { level?: Level; words: Words },
  vocabulary: Vocabulary,
  { line, state, out }: { line: Line; state: State; out: Sink },
): boolean {
  const where = span(m, line, out);
  if (!where) return false;
  const said = attributes(words, level?.name ?? '', vocabulary, line, out);
  out.put(
    line,
    known<Range>({
      is: 'range',
      space: vocabulary.space,
      ...where,
      level,
      regime: vocabulary.regime,
      hole: said === undefined ? true : undefined,
      attributes: said,
      words: said === undefined ? undefined : words,
      under: state.under,
    }),
  );
  return true;
}

const split = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter(word => word !== '');

// ------------------------------------------------------------------------------------------------ arm64 stage 1

const MEMORY: Readonly<Record<string, string>> = {
  'MEM/NORMAL': 'Normal',
  'MEM/NORMAL-NC': 'Normal-NC',
  'MEM/NORMAL-WT': 'Normal-WT',
  'MEM/NORMAL-TAGGED': 'Normal-Tagged',
};
const STAGE1_WORDS: Readonly<Record<string, Attributes>> = {
  F: { valid: false },
  USR: { user: true },
  ro: { write: false },
  RW: { write: true },
  NX: { executePrivileged: false },
  x: { executePrivileged: true },
  SHD: { shareability: 'inner' }, // both SH bits
  AF: { accessed: true },
  NG: { global: false },
  CON: { contiguous: true },
  BLK: { block: true },
  TBL: { block: false },
  UXN: { executeUser: false },
  GP: { guarded: true },
};

const stage1: Vocabulary = {
  space: 'va',
  regime: { family: 'arm64.stage1' },
  word: word => {
    const type =
      MEMORY[word] ?? (/^DEVICE\/\w{1,10}$/.test(word) ? word.replace('DEVICE/', 'Device-') : undefined);
    return type === undefined ? STAGE1_WORDS[word] : { type };
  },
  rest: () => ({
    valid: true,
    user: false,
    accessed: false,
    global: true,
    contiguous: false,
    block: false,
    executeUser: true,
    guarded: false,
  }),
};

/** The first versions print no level, and had no words yet for blocks, runs and guarded pages [Linux 3.19 to 4.10, arch/arm64/mm/dump.c]. */
const stage1Early: Vocabulary = {
  ...stage1,
  rest: () => ({ valid: true, user: false, accessed: false, global: true, executeUser: true }),
};
/** A row that was cut off: what it does not say stands on a line that is missing. */
const stage1Cut: Vocabulary = { space: stage1.space, regime: stage1.regime, word: stage1.word };

const TYPED = /(?:^|\s)(?:MEM|DEVICE)\//;

/** A row of stage 1; every row of a leaf ends in its memory type, and one without is cut off. */
function stage1Row(
  m: RegExpExecArray,
  name: string | undefined,
  text: string,
  at: At<State>,
): boolean | 'torn' {
  const { line, out } = at;
  const words = split(text);
  if (line.joined && words.some(word => stage1.word(word) === undefined)) return false;
  const whole = words.length === 0 || TYPED.test(text);
  // a hole may be a row whose words are on the next line
  if (!(whole && words.length > 0) && !line.last) return 'torn';
  const level = name === undefined ? {} : { level: linuxLevel(name) };
  const put = row(
    m,
    { ...level, words },
    whole ? (name === undefined ? stage1Early : stage1) : stage1Cut,
    at,
  );
  if (put && !whole) out.trouble('a row without a memory type is cut off: only what it says is taken', line);
  return true;
}

const STAGE1_LEVEL: Readonly<Record<string, number>> = { PTE: 3, PMD: 2, PUD: 1 };
/** PGD and P4D stand at levels that depend on the configuration, which the text does not tell. */
const linuxLevel = (name: string): Level => known({ name, number: STAGE1_LEVEL[name] });

export const arm64Ptdump = recogniser<State>({
  id: 'arm64.ptdump',
  title: 'arm64 kernel_page_tables (ptdump)',
  wraps: true,
  arch: 'arm64',
  map: {
    holes: true,
    unsaid: { shareability: 'non' }, // SHD is printed for inner shareable, and nothing otherwise
    habits: [
      {
        says: { type: ['Normal', 'Normal-Tagged'] },
        because: 'the kernel names the index of the attribute; MAIR gives it no tags on this machine',
      },
    ],
  },
  state: () => ({}),
  rows: [
    {
      // KVM's first patches print the same level names, with R and W as separate words: not these.
      like: new RegExp(`${SPAN} (PGD|P4D|PUD|PMD|PTE)((?:\\s+(?!(?:R|W|XN)(?:\\s|$))\\S{1,24}){0,16})$`),
      proof: 0.95,
      read: (m, at) => stage1Row(m, m[5], m[6] ?? '', at),
    },
    {
      like: new RegExp(
        `${SPAN}((?:\\s+(?:USR|ro|RW|NX|x|SHD|AF|NG|CON|BLK|UXN|MEM/[A-Z-]{1,16}|DEVICE/\\w{1,10})){1,12})$`,
      ),
      proof: 0.95,
      read: (m, at) => stage1Row(m, undefined, m[5] ?? '', at),
    },
    {
      like: new RegExp(`${SPAN}$`),
      proof: 0.5,
      read: (_, { line }) => (line.last ? false : 'torn'),
    },
    {
      like: /^---\[ ((?!end |Guest|Host|IPA).{1,60}?(?: start| end| area|\(\) end)) \]---$/,
      proof: 0.9,
      read: (m, { state }) => {
        state.under = (m[1] ?? '').replace(/ start$/, '');
      },
    },
    {
      // of the first versions; x86 has some of them too
      like: /^---\[ (vmalloc\(\) Area|vmalloc\(\) End|Kernel Mapping|Linear Mapping|Linear mapping) \]---$/,
      proof: 0.45,
      read: (m, { state }) => {
        state.under = m[1] ?? '';
      },
    },
  ],
});

// ------------------------------------------------------------------------------------------------ arm64 stage 2

const STAGE2_WORDS: Readonly<Record<string, Attributes>> = {
  F: { valid: false },
  R: { read: true },
  W: { write: true },
  X: { execute: true },
  x: { execute: true },
  NX: { execute: false },
  XN: { execute: false },
  px: { executePrivileged: true },
  ux: { executeUser: true },
  PXN: { executePrivileged: false },
  UXN: { executeUser: false },
  PXNux: { executePrivileged: false, executeUser: true },
  PXNUXN: { executePrivileged: false, executeUser: false },
  AF: { accessed: true },
  SHD: { shareability: 'inner' },
  CON: { contiguous: true },
  BLK: { block: true },
};
const EXECUTION = ['X', 'x', 'NX', 'XN', 'px', 'ux', 'PXN', 'UXN', 'PXNux', 'PXNUXN'];

const stage2: Vocabulary = {
  space: 'ipa',
  regime: { family: 'arm64.stage2' },
  word: word => STAGE2_WORDS[word],
  rest: (words, level) => {
    // The merged versions print X or nothing; the patches before them printed XN or nothing, with level names.
    const none = !EXECUTION.some(word => words.has(word));
    const execute = none ? { execute: !/^-?\d$/.test(level) } : {};
    return { valid: true, read: false, write: false, accessed: false, block: false, ...execute };
  },
};

/** A row goes on unless it ends in its last word, or nothing that would go on follows. */
function stage2Row(m: RegExpExecArray, level: Level, at: At<State>): boolean | 'torn' {
  const words = split(m[6]);
  if (at.line.joined && words.some(word => STAGE2_WORDS[word] === undefined)) return false;
  if (words.length > 0 && words.at(-1) !== 'BLK' && !at.line.last) return 'torn';
  row(m, { level, words }, stage2, at);
  return true;
}

interface Stage2State extends State {
  /** A heading asked for the number on the next line. */
  expects?: 'ipa bits' | 'levels';
  /** A row of the first versions was read: its neighbours are of this dump too. */
  seen?: true;
}

export const kvmStage2 = recogniser<Stage2State>({
  id: 'arm64.kvm-stage2',
  title: 'KVM stage2_page_tables (arm64)',
  wraps: true,
  arch: 'arm64',
  map: { holes: true },
  state: () => ({}),
  rows: [
    {
      like: new RegExp(`${SPAN} (-?\\d)((?:\\s+\\S{1,16}){0,12})$`),
      proof: 1,
      read: (m, at) => stage2Row(m, { name: m[5] ?? '', number: Number(m[5]) }, at),
    },
    {
      like: new RegExp(`${SPAN} (PGD|P4D|PUD|PMD|PTE)((?:\\s+(?:XN|R|W|X|AF|BLK|F|CON|SHD)){1,10})$`),
      proof: 0.96,
      read: (m, at) => {
        const taken = stage2Row(m, linuxLevel(m[5] ?? ''), at);
        if (taken === true) {
          at.state.seen = true;
          at.out.assume(
            'an entry without XN is executable, as in the first versions of the stage 2 dump',
            at.line,
          );
        }
        return taken;
      },
    },
    {
      // A hole in the first versions: read here only below their heading or a row of theirs, or it is the kernel's own dump.
      like: new RegExp(`${SPAN} (PGD|P4D|PUD|PMD|PTE)()$`),
      proof: 0.5,
      read: (m, at) => {
        if (at.state.under === undefined && !at.state.seen) return false;
        row(m, { level: linuxLevel(m[5] ?? ''), words: [] }, stage2, at);
        return true;
      },
    },
    {
      like: /^---\[ (Guest IPA|Host IPA|IPA bits (\d{2}) start lvl (-?\d)) \]---$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.under = m[1] ?? '';
        if (m[2] === undefined) return;
        out.put(line, { is: 'fact', name: 'ipa bits', value: BigInt(m[2]) });
        out.put(line, { is: 'fact', name: 'start level', value: BigInt(m[3] ?? 0) });
      },
    },
    {
      like: /^(?:=+ ?)?(?:\S{0,200}\/)?(ipa_range|stage2_levels)(?: ?[:=] ?| )?(\d{1,2})?$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const name = m[1] === 'ipa_range' ? 'ipa bits' : 'levels';
        if (m[2] === undefined) state.expects = name;
        else out.put(line, { is: 'fact', name, value: BigInt(m[2]) });
      },
    },
    {
      like: /^ ?(\d{1,2})$/,
      proof: 0.5,
      read: (m, { line, state, out }) => {
        if (state.expects === undefined) return false;
        out.put(line, { is: 'fact', name: state.expects, value: BigInt(m[1] ?? 0) });
        delete state.expects;
        return true;
      },
    },
    { like: /^(?:=+ ?)?(?:\S{0,200}\/)?stage2_page_tables:?$/, proof: 0.9 },
  ],
});

// ------------------------------------------------------------------------------------------------ x86

const X86_WORDS: Readonly<Record<string, Attributes>> = {
  USR: { user: true },
  RW: { write: true },
  ro: { write: false },
  PWT: { pwt: true },
  PCD: { pcd: true },
  PSE: { block: true },
  PAT: { pat: true },
  GLB: { global: true },
  NX: { execute: false },
  x: { execute: true },
};
const x86: Vocabulary = {
  space: 'va',
  regime: { family: 'x86.pte' },
  word: word => X86_WORDS[word],
  rest: () => ({ user: false, pwt: false, pcd: false, block: false, pat: false, global: false }),
};
const X86_LEVEL: Readonly<Record<string, number>> = { pte: 1, pmd: 2, pud: 3 };

/** Linux's espfix area, 0xffffff0000000000 to 0xffffff7fffffffff [Linux, Documentation/arch/x86/x86_64/mm.rst]. */
const ESPFIX = { start: 0xffff_ff00_0000_0000n, end: 0xffff_ff80_0000_0000n } as const;

export const x86Ptdump = recogniser<State>({
  id: 'x86.ptdump',
  title: 'x86 page_tables (ptdump)',
  wraps: true,
  arch: 'x86',
  map: {
    holes: true,
    habits: [
      {
        leavesOut: ESPFIX,
        where: 'skipped entries',
        because: 'the kernel leaves out entries of the espfix area',
      },
    ],
  },
  state: () => ({}),
  rows: [
    {
      like: new RegExp(`${SPAN}((?:\\s+[A-Za-z]{1,4}){0,12}?)\\s+(cr3|pgd|p4d|pud|pmd|pte)$`),
      proof: 1,
      read: (m, at) => {
        at.out.assume('the flags are those of each entry alone: parents are not applied', at.line);
        const name = m[6] ?? '';
        row(m, { level: known({ name, number: X86_LEVEL[name] }), words: split(m[5]) }, x86, at);
      },
    },
    {
      like: /^\.\.\. (\d{1,10}) entr(?:y|ies) skipped \.\.\.$/,
      proof: 0.9,
      read: (m, { line, out }) => {
        out.put(line, { is: 'fact', name: 'skipped entries', value: BigInt(m[1] ?? 0) });
        out.trouble('the kernel left out entries of an area that it limits', line);
      },
    },
    {
      like: /^---\[ ((?:User Space|Kernel Space|Low Kernel Mapping|vmalloc\(\) Area|Vmemmap|CPU entry Area|ESPfix Area|LDT remap|EFI Runtime Services|High Kernel Mapping|Modules|End Modules|Fixmap Area|KASAN shadow.{0,10}|Persistent kmap\(\) Area|vmalloc\(\) End|Kernel Mapping)) \]---$/,
      proof: 0.9,
      read: (m, { state }) => {
        state.under = m[1] ?? '';
      },
    },
  ],
});

// ------------------------------------------------------------------------------------------------ verdict at boot

export const wxCheck = recogniser({
  id: 'linux.wx-check',
  title: 'the W+X verdict of ptdump',
  state: () => ({}),
  rows: [
    {
      like: /^(?:x86\/mm: )?Checked (?:kernel |user space )?W\+X mappings: (?:FAILED, (\d{1,12}) W\+X pages found(?:, (\d{1,12}) non-UXN pages found)?|passed, no W\+X)/,
      proof: 0.9,
      read: (m, { line, out }) => {
        out.put(line, { is: 'fact', name: 'W+X pages', value: BigInt(m[1] ?? 0) });
        if (m[2] !== undefined) out.put(line, { is: 'fact', name: 'non-UXN pages', value: BigInt(m[2]) });
      },
    },
  ],
});
