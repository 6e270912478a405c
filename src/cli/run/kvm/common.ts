/** What the questions of `kvm` share: how policies and CPUs are named, and how answers are printed. */
import type { Arm64Cpu, Arm64Policy } from '../../../kvm/arm64/model.ts';
import { ARM64_POLICIES, arm64Policy, X86_POLICIES, x86Policy } from '../../../kvm/eras/index.ts';
import { GRADE_MEANS, type Grade } from '../../../kvm/evidence.ts';
import { type NamedCpu, parseArm64Cpu, parseX86Cpu, X86_PROFILES } from '../../../kvm/inputs.ts';
import { PRESETS, type Preset, preset } from '../../../kvm/presets.ts';
import type { X86Cpu, X86Policy } from '../../../kvm/x86/model.ts';
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
export const archOf = (
  arch: 'arm64' | 'x86' | undefined,
  cpus: readonly string[],
  kernels: readonly string[],
): 'arm64' | 'x86' => {
  if (arch !== undefined) return arch;
  if (cpus.some(isX86Cpu)) return 'x86';
  const onlyX86 = (name: string) =>
    X86_POLICIES.some(p => p.id === name) &&
    !ARM64_POLICIES.some(p => p.id === name) &&
    !/^\d+\.\d+$/.test(name);
  return kernels.some(onlyX86) ? 'x86' : 'arm64';
};

/** A kernel as it was asked for, and the policy that stands for it. */
export interface Asked<P> {
  readonly kernel: string;
  readonly policy: P;
}

/** `all` is every one, in the order of the eras. */
const asked =
  <P extends { readonly id: string }>(every: readonly P[], named: (name: string) => P) =>
  (names: readonly string[], fallback: readonly string[]): Asked<P>[] => {
    const wanted = names.length > 0 ? names : fallback;
    return wanted.includes('all')
      ? every.map(policy => ({ kernel: policy.id, policy }))
      : wanted.map(kernel => ({ kernel, policy: named(kernel) }));
  };
export const askedArm64 = asked(ARM64_POLICIES, arm64Policy);
export const askedX86 = asked(X86_POLICIES, x86Policy);

export const arm64Policies = (names: readonly string[], fallback: readonly string[]): Arm64Policy[] =>
  askedArm64(names, fallback).map(a => a.policy);
export const x86Policies = (names: readonly string[], fallback: readonly string[]): X86Policy[] =>
  askedX86(names, fallback).map(a => a.policy);

/** `6.17`, or `6.18 (era 6.17)`. */
export const eraText = (kernel: string, era: string): string =>
  kernel === era ? era : `${kernel} (era ${era})`;

export const arm64Cpus = (names: readonly string[], fallback: readonly string[]): NamedCpu<Arm64Cpu>[] =>
  (names.length > 0 ? names : fallback).map(parseArm64Cpu);
export const x86Cpus = (names: readonly string[], fallback: readonly string[]): NamedCpu<X86Cpu>[] =>
  (names.length > 0 ? names : fallback).map(parseX86Cpu);

export const cpuName = ({ fwb, dic }: Arm64Cpu): string =>
  [fwb ? 'FWB' : '', dic ? 'DIC' : ''].filter(Boolean).join('+') || 'no FWB, no DIC';

export const presetsOf = (text: string | undefined, fallback: readonly string[]): Preset[] => {
  const names = list(text);
  if (names.includes('all')) return [...PRESETS];
  return (names.length > 0 ? names : fallback).map(preset);
};

/** `measured` or `read in source, file and function`. */
export const gradeText = (grade: Grade): string => `${grade}, ${GRADE_MEANS[grade]}`;

export const need = (value: string | undefined, option: string, example: string): string => {
  if (value === undefined || value === '')
    throw new UsageError(`--${option} is missing, for example ${example}`);
  return value;
};

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
export const labelled = (label: string, text: string, width: number, room: number, indent = 2): string[] => {
  const lines = wrap(text, Math.max(30, width - indent - room));
  return lines.map(
    (line, i) => ' '.repeat(indent) + (i === 0 ? label.padEnd(room) : ' '.repeat(room)) + line,
  );
};

/** `mapping: VM_PFNMAP; pfn: no-page`, or what it means when nothing is needed. */
export const conditionText = (conditions: readonly string[]): string =>
  conditions.length === 0 ? 'always' : conditions.join('; ');

/** Rows by what they have in common, in the order of first sight. */
export const groupBy = <T, K>(rows: readonly T[], key: (row: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const k = key(row);
    const group = groups.get(k);
    if (group) group.push(row);
    else groups.set(k, [row]);
  }
  return groups;
};
