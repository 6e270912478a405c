/** The KVM policy model: what KVM maps, why, and who decides the type that the guest gets. Pure, JSON in and out. */
export { type BlockSize, type BlockSizeInput, blockSize } from './arm64/blocksize.ts';
export { CACHEABLE_PFNMAP_CAP, type CapAnswer, cacheablePfnmapCap } from './arm64/cap.ts';
export { type Decision, decideFault, decideSlot, type FaultInput, type SlotInput } from './arm64/decide.ts';
export { ARM64_ERAS } from './arm64/eras/index.ts';
export { PROPOSALS } from './arm64/eras/proposals.ts';
export { gmemFaults, SPECIAL_CASES } from './arm64/gmem.ts';
export { HAZARDS, type Hazard, hazards } from './arm64/hazards.ts';
export {
  type Migration,
  type MigrationInput,
  type MigrationOutcome,
  migrate,
  slotFlagsFor,
} from './arm64/migrate.ts';
export type {
  Access,
  Arm64Cpu,
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
export {
  type Arm64Prediction,
  type Mapping,
  type MappingPrediction,
  type PredictInput,
  predictArm64,
} from './arm64/predict.ts';
export { setProt } from './arm64/prot.ts';
export { type LeakRun, type LeakStep, leakRun } from './coherence.ts';
export {
  effectiveArm64,
  effectiveEpt,
  effectiveNpt,
  type GuestType,
  type GuestView,
  type MtrrType,
  type PatType,
} from './effective.ts';
export { KvmInputError } from './errors.ts';
export { type Evidence, GRADE_MEANS, type Grade } from './evidence.ts';
export {
  ARM64_PROFILES,
  CONTRADICTIONS,
  parseArm64Cpu,
  parsePfn,
  parsePgprot,
  parseSlotFlags,
  parseVmaFlags,
  parseX86Cpu,
  X86_PROFILES,
} from './inputs.ts';
export type { Row, TraceStep } from './policy.ts';
export { PRESETS, type Preset, preset, presetFlags } from './presets.ts';
export { type AuditLeaf, type AuditReport, auditArm64, auditX86 } from './queries/audit.ts';
export { type Diff, diffPolicies } from './queries/diff.ts';
export { type EraRow, eraRows } from './queries/eras.ts';
export { type Inverse, inverse, parseGuestType } from './queries/inverse.ts';
export { arm64Slot, auditLeaf, recordArch, x86Slot } from './queries/recorded.ts';
export { type Counterexamples, PROPERTIES, searchPolicy } from './queries/search.ts';
export { diffX86, inverseX86, migrateX86, searchX86 } from './queries/x86.ts';
export { eptLeaf, nptLeaf, patQuirk, tdxLeaf } from './x86/decide.ts';
export { X86_ERAS } from './x86/eras/index.ts';
export { type HostPage, hostPageFacts, isHostMmio, type MmioFacts } from './x86/host-mmio.ts';
export type { X86Cpu, X86Policy } from './x86/model.ts';
export { predictX86, type X86PredictInput, type X86Prediction } from './x86/predict.ts';
