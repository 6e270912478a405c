/**
 * The KVM policy model: what KVM maps, why, and who decides the type that the guest gets. Pure, JSON in and out.
 *
 * `arm64` and `x86` answer the same questions under the same names: `eras`, `predict`, `diff`, `search`, `inverse`,
 * `migrate`, `cap`, `audit`; `arm64.leak`, one cache line seen through cached and uncached views, has no counterpart.
 */

export type {
  ArchitectureId,
  KnownCase,
  KvmArchitecture,
  KvmAudits,
  KvmPolicies,
  KvmQuestions,
  KvmTypes,
  PolicyFunction,
  Side,
} from './architecture.ts';
export { KVM } from './architectures.ts';
export { type BlockSize, type BlockSizeInput, blockSize } from './arm64/blocksize.ts';
export { type Arm64Cap, CACHEABLE_PFNMAP_CAP, type CapAnswer, cacheablePfnmapCap } from './arm64/cap.ts';
export { CONTRADICTIONS } from './arm64/contradictions.ts';
export { type Decision, decideFault, decideSlot, type FaultInput, type SlotInput } from './arm64/decide.ts';
export { effective as effectiveArm64, type GuestType } from './arm64/effective.ts';
export { PROPOSALS } from './arm64/eras/proposals.ts';
export { gmemFaults, SPECIAL_CASES } from './arm64/gmem.ts';
export { HAZARDS, type Hazard, hazards } from './arm64/hazards.ts';
export { arm64 } from './arm64/index.ts';
export type { LeakRun, LeakStep } from './arm64/leak.ts';
export { presetFlags } from './arm64/mapping.ts';
export {
  type Arm64Migration,
  type Arm64MigrationInput,
  type MigrationOutcome,
  slotFlagsFor,
} from './arm64/migrate.ts';
export type {
  Access,
  Arm64Cpu,
  Arm64Mapping,
  Arm64Policy,
  FaultOutcome,
  PfnClass,
  Pgprot,
  S2Type,
  SlotFlag,
  SlotOutcome,
  Vma,
  VmaFlag,
} from './arm64/model.ts';
export type { Arm64PredictInput, Arm64Prediction, MappingPrediction } from './arm64/predict.ts';
export { BEFORE_NC, setProt, WITH_NC } from './arm64/prot.ts';
export type { Arm64Types } from './arm64/types.ts';
export type { AuditFinding, AuditLeaf, AuditReport } from './audit.ts';
export type { NamedCpu } from './cpu.ts';
export { type Era, Eras, type Releases, type Version } from './era.ts';
export { KvmInputError } from './errors.ts';
export { type Evidence, GRADE_MEANS, type Grade } from './evidence.ts';
export type { Control, GuestView } from './guest.ts';
export { parsePfn, parsePgprot, parseSlotFlags, parseVma, parseVmaFlags } from './inputs.ts';
export { type EraRow, eraRows } from './known.ts';
export type { Row, TraceStep } from './policy.ts';
export { PRESETS, type Preset, preset } from './presets.ts';
export type { Counterexamples, Diff, Inverse, Property, QueryOptions } from './query.ts';
export { auditLeaf } from './recorded.ts';
export { patQuirk, type QuirkAnswer, type QuirkCall, type X86Cap } from './x86/cap.ts';
export { eptLeaf, nptLeaf, tdxLeaf } from './x86/decide.ts';
export { effectiveEpt, effectiveNpt, type MtrrType, type PatType } from './x86/effective.ts';
export { type HostPage, hostPageFacts, isHostMmio, type MmioFacts } from './x86/host-mmio.ts';
export { x86 } from './x86/index.ts';
export type { X86Migration, X86MigrationInput } from './x86/migrate.ts';
export type { X86Cpu, X86Policy, X86VmaFlag } from './x86/model.ts';
export type { X86PredictInput, X86Prediction } from './x86/predict.ts';
export type { X86Types } from './x86/types.ts';
