/** What the scan for roots must know: trees of three and four levels, which look alike below their roots. */
import { decode, encode, fieldMask } from '../../../../src/bits/codec.ts';
import { settle } from '../../../../src/bits/settings.ts';
import { hex, split } from '../../../../src/bits/word.ts';
import { type Judgement, percent, share } from '../../../../src/walk/judgement.ts';
import { type Pattern, type ScannedRoot, type Species, wordOf } from '../../../../src/walk/scan.ts';
import { stage1Napot, stage1Page, stage1Settings, stage1Table } from '../descriptors/stage1.ts';
import { modeCode, satpFormat } from '../registers/roots.ts';
import { MODES, topLevel } from '../values/address.ts';
import { XWR } from '../values/permissions.ts';
import type { Machine } from './roots.ts';
import { stage1Tables } from './tables.ts';

const settings = settle(stage1Settings);
const lowOf = (word: bigint): number => split(word)[0];
const RWX = { xwr: XWR.indexOf('rwx'), a: 1, d: 1 } as const;

/** A pointer, a page, and one of a NAPOT range: what the rules refuse in all of them, no entry has. */
const SAMPLES = [
  lowOf(encode(stage1Table, {})),
  lowOf(encode(stage1Page(settings), RWX)),
  lowOf(encode(stage1Napot(settings), { ...RWX, napotBits: 0b1000 })),
];

export const species = ({ napot = 1 }: Machine = {}): readonly Species[] => [
  {
    id: 'riscv.sv48',
    regime: stage1Tables({ settings: { mode: 'sv48', napot }, base: 0n }),
    tops: MODES.map(topLevel),
    tableFrames: 1,
    present: lowOf(encode(stage1Table, {})), // V
    // A, D and U of a pointer are reserved: the rules refuse a leaf there
    leafOnly: [0, 0],
    leafSome: 0,
    samples: SAMPLES,
    updated: lowOf(fieldMask(stage1Page(settings), 'a', 'd')),
  },
];

const leafOf = (pattern: Pattern) =>
  decode(stage1Page({ ...settings, level: pattern.level }), wordOf(pattern));

export function judge(root: ScannedRoot): Judgement {
  const { address, level, entries, used } = root;
  const mode = MODES.find(mode => topLevel(mode) === level) ?? 'sv48';
  const satp = encode(satpFormat, { mode: modeCode(mode), root: BigInt(address) });
  const upper = used.filter(index => index >= entries / 2).length;
  const accessed = share(root, 'leaf', pattern => leafOf(pattern).a === 1);
  return {
    kind: `riscv.${mode}`,
    registers: new Map([['SATP', satp]]),
    options: ['--satp', hex(satp)],
    evidence: [
      'A, D and U of every pointer are 0',
      upper > 0 ? `${upper} entries in the kernel half` : 'nothing in the kernel half',
      `${percent(accessed)} of the leaves have been used (A)`,
    ],
    assumed: ['ASID 0'],
    weight: (upper > 0 ? 0.5 : 0) + accessed / 2,
  };
}
