/**
 * What the KVM model of an architecture provides. arm64 and x86 provide the same under the same names, so that a question is
 * asked without knowing whom; the differences are in the types of what goes in and comes out.
 *
 * In parts, because a verb that lists eras must not read the rules of memory types first, nor the layouts of tables:
 * `policies.ts`, `questions.ts` and `audits.ts` list the same part of both architectures, here and in their folders, and
 * `NAME/index.ts` exports the whole.
 */
import type { AuditLeaf, AuditReport } from './audit.ts';
import type { NamedCpu } from './cpu.ts';
import type { Era, Eras } from './era.ts';
import type { Evidence, Grade } from './evidence.ts';
import type { Row } from './policy.ts';
import type { Preset } from './presets.ts';
import type { Counterexamples, Diff, Inverse, PropertyFacts, QueryOptions } from './query.ts';
import type { Json } from './recorded.ts';

export type ArchitectureId = 'arm64' | 'x86';

/** A kernel function of a policy, row by row in its order. */
export interface PolicyFunction {
  readonly name: string;
  readonly rows: readonly Row<unknown, string>[];
}

/** What is known beside the eras: proposals, ideas, memory that is no ordinary mapping. */
export interface KnownCase {
  readonly id: string;
  readonly kind: 'proposal' | 'case';
  readonly covers: string;
  readonly title: string;
  readonly grade: Grade;
  readonly evidence: readonly Evidence[];
}

/** The types of one architecture. */
export interface KvmTypes {
  readonly policy: Era;
  readonly cpu: object;
  /** What is mapped, in the host's words. */
  readonly mapping: object;
  readonly predictInput: object;
  readonly prediction: object;
  /** Effective types that can be wanted. */
  readonly type: string;
  /** Types that a guest's own tables can ask for. */
  readonly guestType: string;
  readonly migration: { readonly outcome: string; readonly grade: Grade };
  readonly cap: { readonly evidence: readonly Evidence[]; readonly grade: Grade };
  readonly auditSlot: { readonly name: string };
}

/** A policy on a CPU. */
export interface Side<T extends KvmTypes> {
  readonly policy: T['policy'];
  readonly cpu: T['cpu'];
}

/** What is known: eras, CPUs, capabilities. */
export interface KvmPolicies<T extends KvmTypes = KvmTypes> {
  readonly id: ArchitectureId;
  readonly eras: Eras<T['policy']>;
  readonly cases: readonly KnownCase[];
  readonly cpus: readonly NamedCpu<T['cpu']>[];
  /** @throws KvmInputError for a CPU that nobody knows */
  parseCpu(text: string): NamedCpu<T['cpu']>;
  /** What `parseCpu` is to be asked for a CPU with these registers; undefined where they say nothing of what KVM asks. */
  cpuOf(registers: ReadonlyMap<string, bigint>): string | undefined;
  functionsOf(policy: T['policy']): readonly PolicyFunction[];
  /** What KVM_CHECK_EXTENSION and KVM_ENABLE_CAP answer. */
  cap(policy: T['policy'], cpu: T['cpu']): readonly T['cap'][];
}

/** What follows from it. */
export interface KvmQuestions<T extends KvmTypes = KvmTypes> extends KvmPolicies<T> {
  /** `mte`: the VM uses tags. */
  mappingOf(preset: Preset, policy: T['policy'], mte?: boolean): T['mapping'];
  /** What KVM does with one memslot or page. @throws KvmInputError for an input that contradicts itself */
  predict(input: T['predictInput']): T['prediction'];
  /** Where two policies disagree. */
  diff(from: T['policy'], to: T['policy'], options?: QueryOptions): Diff;
  readonly facts: PropertyFacts;
  /** Does a policy have a property? @throws KvmInputError for what is no property */
  search(policy: T['policy'], property: string, options?: QueryOptions): Counterexamples;
  /** @throws KvmInputError for what is no type */
  parseType(text: string): T['type'];
  /** @throws KvmInputError for what is no type */
  parseGuestType(text: string): T['guestType'];
  /** Which inputs reach an effective type. */
  inverse(policy: T['policy'], want: T['type'], guest?: T['guestType'], options?: QueryOptions): Inverse;
  /** One mapping on two sides. */
  migrate(input: {
    readonly mapping: T['mapping'];
    readonly src: Side<T>;
    readonly dst: Side<T>;
    /** Let the host's own fault come first, as it does on a real machine. */
    readonly hostFault?: boolean;
  }): T['migration'];
}

/** What was recorded on a real machine. */
export interface KvmAudits<T extends KvmTypes = KvmTypes> extends KvmPolicies<T> {
  /** Is this recorded memslot from such a machine? */
  owns(record: Json): boolean;
  slotOf(record: Json): T['auditSlot'];
  /** Does a real table hold what the policy says? */
  audit(policy: T['policy'], slots: readonly T['auditSlot'][], leaves: readonly AuditLeaf[]): AuditReport;
}

export interface KvmArchitecture<T extends KvmTypes = KvmTypes> extends KvmQuestions<T>, KvmAudits<T> {}
