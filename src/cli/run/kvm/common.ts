/** What the questions of `kvm` share: how policies and CPUs are named, and how answers are printed. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import type { Arm64Cpu } from '../../../kvm/arm64/model.ts';
import type { Era, Eras } from '../../../kvm/era.ts';
import { GRADE_MEANS, type Grade } from '../../../kvm/evidence.ts';
import { type NamedCpu, parseArm64Cpu, parseX86Cpu, X86_PROFILES } from '../../../kvm/inputs.ts';
import { PRESETS, type Preset, preset } from '../../../kvm/presets.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { X86Cpu } from '../../../kvm/x86/model.ts';
import type { Answer } from '../../../report/answer.ts';
import { wrap } from '../../../report/table.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { print as printAnswer } from '../../print.ts';
import { UsageError } from '../../trouble.ts';

/** Kernels are asked for by either name. */
export interface PolicyArgs extends Globals {
  readonly arch?: 'arm64' | 'x86' | undefined;
  readonly kernel?: string | undefined;
  readonly policy?: string | undefined;
}

export const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');

export const kernelsOf = (args: Pick<PolicyArgs, 'kernel' | 'policy'>): string[] => [
  ...list(args.kernel),
  ...list(args.policy),
];

const X86_NAMES = new Set(X86_PROFILES.map(p => p.name));
const isX86Cpu = (name: string): boolean => X86_NAMES.has(name.toLowerCase());

/** What --arch says, else what the names can only mean. */
export function archOf(
  arch: 'arm64' | 'x86' | undefined,
  cpus: readonly string[],
  kernels: readonly string[],
): 'arm64' | 'x86' {
  if (arch !== undefined) return arch;
  if (cpus.some(isX86Cpu)) return 'x86';
  const onlyX86 = (name: string) =>
    X86_ERAS.all.some(p => p.id === name) &&
    !ARM64_ERAS.all.some(p => p.id === name) &&
    !/^\d+\.\d+$/.test(name);
  return kernels.some(onlyX86) ? 'x86' : 'arm64';
}

/** A kernel as it was asked for, and the policy that stands for it. */
export interface Asked<P> {
  readonly kernel: string;
  readonly policy: P;
}

/** The policies by the names that were given: `all` is every one, in the order of the eras. Without a name, `otherwise`. */
export function asked<P extends Era>(
  eras: Eras<P>,
  names: readonly string[],
  otherwise: 'newest' | 'all',
): Asked<P>[] {
  if (names.length === 0 && otherwise === 'newest') return [{ kernel: eras.newest.id, policy: eras.newest }];
  if (names.length === 0 || names.includes('all'))
    return eras.all.map(policy => ({ kernel: policy.id, policy }));
  return names.map(kernel => ({ kernel, policy: eras.named(kernel) }));
}

export const policies = <P extends Era>(
  eras: Eras<P>,
  names: readonly string[],
  otherwise: 'newest' | 'all',
): P[] => asked(eras, names, otherwise).map(a => a.policy);

/** `6.17`, or `6.18 (era 6.17)`. */
export const eraText = (kernel: string, era: string): string =>
  kernel === era ? era : `${kernel} (era ${era})`;

export const arm64Cpus = (names: readonly string[], fallback: readonly string[]): NamedCpu<Arm64Cpu>[] =>
  (names.length > 0 ? names : fallback).map(parseArm64Cpu);
export const x86Cpus = (names: readonly string[], fallback: readonly string[]): NamedCpu<X86Cpu>[] =>
  (names.length > 0 ? names : fallback).map(parseX86Cpu);

export const cpuName = ({ fwb, dic }: Arm64Cpu): string =>
  [fwb ? 'FWB' : '', dic ? 'DIC' : ''].filter(Boolean).join('+') || 'no FWB, no DIC';

export function presetsOf(text: string | undefined, fallback: readonly string[]): Preset[] {
  const names = list(text);
  if (names.includes('all')) return [...PRESETS];
  return (names.length > 0 ? names : fallback).map(preset);
}

/** `measured` or `read in source, file and function`. */
export const gradeText = (grade: Grade): string => `${grade}, ${GRADE_MEANS[grade]}`;

export function need(value: string | undefined, option: string, example: string): string {
  if (value === undefined || value === '')
    throw new UsageError(`--${option} is missing, for example ${example}`);
  return value;
}

export const SCHEMA = (question: string): string => `memattr.kvm.${question}/1`;

/** Print the answer to a question; its records get the schema of that question. */
export function print<R>(answer: Answer<R>, question: string, args: Globals, io: Io): void {
  const records = (function* () {
    for (const record of answer.records) yield { schema: SCHEMA(question), ...record };
  })();
  printAnswer({ ...answer, records }, args, io);
}

/** Text under an indent, wrapped. */
export const paragraph = (text: string, width: number, indent: number): string[] =>
  wrap(text, Math.max(30, width - indent)).map(line => ' '.repeat(indent) + line);

/** A label in a column of its own, text wrapped beside it. */
export function labelled(label: string, text: string, width: number, room: number, indent = 2): string[] {
  const lines = wrap(text, Math.max(30, width - indent - room));
  return lines.map(
    (line, i) => ' '.repeat(indent) + (i === 0 ? label.padEnd(room) : ' '.repeat(room)) + line,
  );
}

/** `mapping: VM_PFNMAP; pfn: no-page`, or what it means when nothing is needed. */
export const conditionText = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'always' : conditions.join('; ');
