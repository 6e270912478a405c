/**
 * Manual editions, named once. A citation is data: it is printed by the docs, by `--explain` and by findings.
 *
 * Cite a title first (`'EPT and Memory Typing'`) and a number only where the title is the number (`'Table D8-53'`):
 * section numbers move between editions, titles rarely do.
 */

import type { Ref } from './bits/spec.ts';

/** The editions that every citation of a manual refers to. */
export const EDITIONS = {
  arm: 'Arm Architecture Reference Manual for A-profile, DDI 0487 M.a.a',
  asl: 'Arm pseudocode (ASL), read in its Sail form, arm-v9.4-a',
  sdm: 'Intel 64 and IA-32 Architectures Software Developer’s Manual, volume 3',
  apm: 'AMD64 Architecture Programmer’s Manual, volume 2',
  tdx: 'Intel TDX Module Base Architecture Specification',
  linux: 'Linux kernel source',
  qemu: 'QEMU source',
  rmm: 'TF-RMM source',
  xen: 'Xen source',
  windows: 'Windows symbols',
} as const;

export type Manual = keyof typeof EDITIONS;

const cite =
  (manual: Manual) =>
  (where: string): Ref => ({ manual, where });

/** Arm ARM: a section title, `Table D8-53`, a rule `R_RHWZM`, a register or a pseudocode function. */
export const arm = cite('arm');
/** Arm pseudocode function by its name. */
export const asl = cite('asl');
/** Intel SDM volume 3: a section or table title. */
export const sdm = cite('sdm');
/** AMD APM volume 2: a section or table title. */
export const apm = cite('apm');
/** Intel TDX module specification: a section title. */
export const tdx = cite('tdx');
/** Linux: kernel version and file, `6.18 arch/arm64/kvm/hyp/pgtable.c`. */
export const linux = cite('linux');
/** QEMU: version and function. */
export const qemu = cite('qemu');
/** TF-RMM: a file. */
export const rmm = cite('rmm');
/** Xen: a file. */
export const xen = cite('xen');
/** Types of Windows' kernel, as its symbols have them. */
export const windows = cite('windows');

/** Sources, whose citations name the version themselves. */
const isSource = (manual: string): boolean => ['linux', 'qemu', 'rmm', 'xen', 'windows'].includes(manual);

const SHORT: Record<string, string> = {
  arm: 'Arm ARM',
  asl: 'Arm ASL',
  sdm: 'SDM',
  apm: 'APM',
  tdx: 'TDX',
  linux: 'Linux',
  qemu: 'QEMU',
  rmm: 'TF-RMM',
  xen: 'Xen',
  windows: 'Windows',
};

/** What is printed of a manual, with its edition: `Arm ARM = Arm Architecture Reference Manual …, DDI 0487 M.a.a`. */
export const editionText = (manual: string): string | undefined =>
  manual in EDITIONS && manual in SHORT ? `${SHORT[manual]} = ${EDITIONS[manual as Manual]}` : undefined;

/** The editions that citations refer to, each once: what stands below an answer that cites. */
export const editionsOf = (refs: Iterable<Ref>): string[] =>
  [...new Set([...refs].map(({ manual }) => manual))].flatMap(manual =>
    isSource(manual) ? [] : (editionText(manual) ?? []),
  );

/** A citation that stands alone: `Arm Architecture Reference Manual …, DDI 0487 M.a.a, Table D8-53`. */
export const longCitation = ({ manual, where }: Ref): string =>
  isSource(manual) || !(manual in EDITIONS)
    ? citation({ manual, where })
    : `${EDITIONS[manual as Manual]}, ${where}`;

/** A citation as text: `Arm ARM, Table D8-53`. */
export const citation = (ref: Ref): string => `${SHORT[ref.manual] ?? ref.manual}, ${ref.where}`;
