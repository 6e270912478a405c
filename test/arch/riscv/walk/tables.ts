/** Sv39 and Sv48 tables as the shared walker sees them. The shared level index is the manual's level. */
import { decode } from '../../../../src/bits/codec.ts';
import { settle } from '../../../../src/bits/settings.ts';
import { entryForm, holdsConstant, NO_FORM } from '../../../../src/walk/entry-form.ts';
import type { EntryClass, LeafView, Level, Regime, Root } from '../../../../src/walk/regime.ts';
import { type Moment, stage1Perm, stage1Rights } from '../descriptors/perm.ts';
import {
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Napot,
  stage1Page,
  stage1Settings,
  stage1Table,
} from '../descriptors/stage1.ts';
import { plainWords } from '../memtype/plain-words.ts';
import {
  INDEX_BITS,
  inputBits,
  LEVELS,
  leafShift,
  type Mode,
  PAGE_SIZE,
  topLevel,
} from '../values/address.ts';
import type { Pbmt } from '../values/attributes.ts';

/** Where a walk begins; `stage1Setup` in `setup.ts` computes it from satp, menvcfg and sstatus. */
export interface Stage1Tables {
  /** Everything an entry's reading depends on, but the level. */
  readonly settings: Partial<Omit<Stage1Settings, 'level'>>;
  /** Table address, bytes. */
  readonly base: bigint;
  readonly moment?: Moment;
}

/** Physical addresses of Sv39 and Sv48. */
const OUTPUT_BITS = 56;

/** What a table hands down: everything below is global. */
const GLOBAL = 1;

export function stage1Tables({ settings, base, moment = { sum: 1, mxr: 0 } }: Stage1Tables): Regime {
  const common = settle(stage1Settings, settings);
  const { mode, pbmt, napot } = common;
  const at = Array.from({ length: LEVELS[mode] }, (_, level): Stage1Settings => ({ ...common, level }));
  return {
    id: `riscv.${mode}`,
    arch: 'riscv',
    stage: 1,
    title: `RISC-V ${mode.replace('sv', 'Sv')}, Svpbmt=${pbmt}, Svnapot=${napot}`,
    input: 'va',
    output: 'pa',
    entryBytes: 8,
    payload: [0xffff_ffff, 0xffff_ffff],
    levels: at.map(stage1Level),
    roots: [stage1Root(mode, base)],
    settings: { ...common, ...moment },
    read: (word, level) => readStage1(word, at[level] as Stage1Settings),
    classify: reading => stage1Class(reading as Stage1Reading),
    describe: (reading, _level, inherited) => describeStage1(reading as Stage1Reading, inherited, moment),
    perm: stage1Perm,
    plainWords: ({ meaning }) => plainWords(meaning as Pbmt | undefined),
    describePayload: () => ({}),
  };
}

function stage1Level(s: Stage1Settings): Level {
  const { level, napot } = s;
  const isValid = holdsConstant(stage1Table, 'v');
  const isPointer = holdsConstant(stage1Table, 'xwr');
  const page = {
    name: level,
    shift: leafShift(level),
    indexBits: INDEX_BITS,
    leaf: entryForm(stage1Page(s), 'oa', OUTPUT_BITS),
  };
  if (level > 0)
    return {
      ...page,
      pointsToTable: (lo, hi) => isValid(lo, hi) && isPointer(lo, hi),
      table: entryForm(stage1Table, 'next', OUTPUT_BITS),
    };
  const last = { ...page, pointsToTable: () => false, table: NO_FORM };
  if (!napot) return last;
  const layout = stage1Napot(s);
  const isRange = holdsConstant(layout, 'contiguous');
  const groupFrames = Number(PAGE_SIZE.napot64k / PAGE_SIZE.page4k);
  return {
    ...last,
    group: {
      has: (lo, hi) => isRange(lo, hi) && isValid(lo, hi),
      form: { ...entryForm(layout, 'oa', OUTPUT_BITS), groupFrames },
    },
  };
}

/** Bits above the virtual address equal its top bit: the upper half of the root translates the upper end. */
const stage1Root = (mode: Mode, base: bigint): Root => ({
  address: Number(base),
  level: topLevel(mode),
  entries: 2 ** (inputBits(mode) - leafShift(topLevel(mode))),
  inputFrame: 0,
  canonical: true,
});

function stage1Class({ kind, facts, raw }: Stage1Reading): EntryClass {
  if (kind === 'invalid') return { kind: raw === 0n ? 'empty' : 'payload', inherits: 0 };
  if (facts.reservedFault) return { kind: 'fault', inherits: 0 };
  return kind === 'table'
    ? { kind: 'table', inherits: facts.global ? GLOBAL : 0 }
    : { kind: 'leaf', inherits: 0 };
}

function describeStage1({ facts, format, raw }: Stage1Reading, inherited: number, moment: Moment): LeafView {
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const rights = stage1Rights(facts.permissions, moment);
  return {
    rights,
    perm: stage1Perm(rights),
    type: facts.memory ?? 'reserved',
    ...(facts.memory === 'reserved' ? {} : { meaning: facts.memory }),
    fields: {
      a: Number(d.a ?? 0),
      d: Number(d.d ?? 0),
      g: facts.global || (inherited & GLOBAL) !== 0 ? 1 : 0,
      n: Number(d.contiguous ?? 0),
      rsw: Number(d.rsw ?? 0),
    },
  };
}
