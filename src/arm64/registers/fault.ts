/** PAR_EL1, the answer of an address translation instruction: an address with its attributes (F = 0) or a fault (F = 1). */
import { check, decode, type Finding } from '../../bits/codec.ts';
import type { Facts, Family, Reading } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { type Settings, toggle } from '../../bits/settings.ts';
import { addr, bits, fixed, flag, ignored, res0, res1, type ValueTable } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { SH, valueName } from '../descriptors/common.ts';
import { decodeAttr, memoryName } from '../memtype/attributes.ts';

const LEVELS = ['level 0', 'level 1', 'level 2', 'level 3'];
const four = (what: string): string[] => LEVELS.map(level => `${what}, ${level}`);
/** Fault status codes: DFSC, IFSC and PAR_EL1.FST. What is not listed is reserved. */
const KNOWN: Readonly<Record<number, string>> = Object.fromEntries([
  ...four('Address size fault').map((name, i) => [0b000000 + i, name]),
  ...four('Translation fault').map((name, i) => [0b000100 + i, name]),
  ...four('Access flag fault').map((name, i) => [0b001000 + i, name]),
  ...four('Permission fault').map((name, i) => [0b001100 + i, name]),
  ...four('synchronous External abort on a walk').map((name, i) => [0b010100 + i, name]),
  ...four('synchronous parity or ECC error on a walk').map((name, i) => [0b011100 + i, name]),
  ...four('Granule Protection fault on a walk').map((name, i) => [0b100100 + i, name]),
  [0b010000, 'synchronous External abort'],
  [0b010001, 'synchronous Tag Check fault'],
  [0b010011, 'synchronous External abort on a walk, level -1'],
  [0b010010, 'synchronous External abort on a walk, level -2'],
  [0b011000, 'synchronous parity or ECC error'],
  [0b011011, 'synchronous parity or ECC error on a walk, level -1'],
  [0b100001, 'Alignment fault'],
  [0b100011, 'Granule Protection fault on a walk, level -1'],
  [0b101000, 'Granule Protection fault'],
  [0b101001, 'Address size fault, level -1'],
  [0b101010, 'Translation fault, level -2'],
  [0b101011, 'Translation fault, level -1'],
  [0b101100, 'Address size fault, level -2'],
  [0b110000, 'TLB conflict abort'],
  [0b110001, 'Unsupported atomic hardware update'],
  [0b110100, 'IMPLEMENTATION DEFINED fault (Lockdown)'],
  [0b110101, 'IMPLEMENTATION DEFINED fault (Unsupported Exclusive or Atomic)'],
  [0b111101, 'Section Domain fault'],
  [0b111110, 'Page Domain fault'],
]);
/** Every code, so that any PAR or ESR can be read: unlisted ones are named as such and are no finding. */
export const FAULT_STATUS: ValueTable = Array.from(
  { length: 64 },
  (_, code) => KNOWN[code] ?? `reserved fault status 0x${code.toString(16)}`,
);

export const parFormat = format(
  'arm64.PAR_EL1',
  { title: 'Physical Address Register, translation succeeded', ref: arm('PAR_EL1') },
  {
    attr: bits(63, 56, 'ATTR', { note: 'encoded as a MAIR byte' }),
    res52: res0(55, 52),
    pa: addr('PA', [51, 12]),
    nse: flag(11, 'NSE', { note: 'with NS: the physical address space' }),
    impDef: ignored(10, 10, { note: 'IMPLEMENTATION DEFINED' }),
    ns: flag(9, 'NS', { note: 'Non-secure physical address space' }),
    sh: bits(8, 7, 'SH', { values: SH }),
    res1: res0(6, 1),
    f: fixed(0, 0, 0, 'F'),
  },
);
export const parFaultFormat = format(
  'arm64.PAR_EL1',
  { title: 'Physical Address Register, translation aborted', ref: arm('PAR_EL1') },
  {
    impDef: ignored(63, 48, { note: 'IMPLEMENTATION DEFINED' }),
    res16: res0(47, 16),
    dirtyBit: flag(15, 'DirtyBit', { note: 'the fault is because of the dirty state' }),
    overlay: flag(14, 'Overlay', { note: 'the fault is because of a permission overlay' }),
    topLevel: flag(13, 'TopLevel', { note: 'the fault is because of TopLevel permissions' }),
    assuredOnly: flag(12, 'AssuredOnly', { note: 'the fault is because of AssuredOnly' }),
    res11: res1(11),
    res10: res0(10),
    s: flag(9, 'S', { values: ['fault at stage 1', 'fault at stage 2'] }),
    ptw: flag(8, 'PTW', { values: ['', 'on a stage 2 access of a stage 1 walk'] }),
    res7: res0(7),
    fst: bits(6, 1, 'FST', { values: FAULT_STATUS }),
    f: fixed(0, 0, 1, 'F'),
  },
);

const settings = {
  xs: toggle('FEAT_XS: ATTR encodings with XS = 0', 1),
  mte2: toggle('FEAT_MTE2: ATTR encoding 0xF0 is Tagged', 1),
} as const;

type ParSettings = Settings<typeof settings>;
export type ParKind = 'address' | 'fault';

/** F chooses the form, so both are kinds of one register. */
export const par: Family<typeof settings, Reading<Facts, ParKind>> = {
  id: 'arm64.PAR_EL1',
  title: 'Physical Address Register',
  ref: arm('PAR_EL1'),
  aliases: ['PAR_EL1', 'par'],
  role: 'register',
  settings,
  kinds: ['address', 'fault'],
  layout: kind => (kind === 'fault' ? parFaultFormat : kind === 'address' ? parFormat : undefined),
  read: (word, s) => (word & 1n ? readFault(word) : readAddress(word, s)),
  variants: () => [
    { kind: 'address', settings: {}, format: parFormat },
    { kind: 'fault', settings: {}, format: parFaultFormat },
  ],
};

function readAddress(word: Word, s: ParSettings): Reading<Facts, ParKind> {
  const d = decode(parFormat, word);
  const memory = decodeAttr(d.attr, s);
  const findings: Finding[] = check(parFormat, word);
  if (!memory)
    findings.push({
      id: 'mair-unpredictable',
      severity: 'warning',
      bits: '63:56',
      message: `ATTR = 0x${d.attr.toString(16)} is no encoding of a memory type`,
      ref: arm('MAIR_EL1'),
    });
  const facts = {
    pa: d.pa,
    memory: memory ? memoryName(memory) : 'UNPREDICTABLE',
    shareability: valueName(SH, d.sh),
  };
  return { format: parFormat, raw: word, kind: 'address', facts, findings };
}

function readFault(word: Word): Reading<Facts, ParKind> {
  const d = decode(parFaultFormat, word);
  const facts = {
    fault: valueName(FAULT_STATUS, d.fst),
    stage: d.s ? 2 : 1,
    onWalk: d.ptw === 1,
  };
  return { format: parFaultFormat, raw: word, kind: 'fault', facts, findings: check(parFaultFormat, word) };
}
