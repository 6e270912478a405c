/**
 * The library: layouts, codecs, readings, images and walks. Everything the command line does is here as functions.
 *
 * Addresses and sizes are bigint bytes where one word is read, and page frames (frameOf(address), ordinary numbers) where
 * many are.
 */

export type { Architecture, ArchitectureId } from './arch/architecture.ts';
export { architectures } from './arch/architectures.ts';
export { descriptors } from './arch/descriptors.ts';
export { families, registers } from './arch/families.ts';
export { architectureOf } from './arch/names.ts';
export { candidatesOf, candidatesOfAll, type Machine } from './arch/walks.ts';
export * as arm64 from './arm64/index.ts';
export {
  check,
  decode,
  EncodeError,
  encode,
  type Finding,
  patch,
} from './bits/codec.ts';
export { describe, type FieldView, named, parseField } from './bits/describe.ts';
export { diagram } from './bits/diagram.ts';
export type { Fact, Facts, Family, Intent, Reading, Variant } from './bits/family.ts';
export { type Format, type FormatRow, format, LayoutError } from './bits/format.ts';
export { type Gather, gather } from './bits/gather.ts';
export type { Decoded, FieldKey } from './bits/infer.ts';
export { type Candidate, candidates, matters, rank } from './bits/rank.ts';
export {
  parseSettings,
  type Setting,
  SettingError,
  type Settings,
  type SettingTable,
  settle,
} from './bits/settings.ts';
export type { Kind, Piece, Ref, Row, Rows, Severity } from './bits/spec.ts';
export { hex, hexWord, join, parseCount, parseWord, split, type Word, WordSyntaxError } from './bits/word.ts';
export * as faults from './faults/index.ts';
export { type AddressSpace, type FrameRange, heldPages, readWord64 } from './image/address-space.ts';
export { ImageError, type Remark } from './image/errors.ts';
export { type OpenOptions, openImage } from './image/open.ts';
export type { Image } from './image/parse.ts';
export { type HexWords, hexWords } from './kernels/hex-words.ts';
export { histogram, type Resolved, resolve, resolveFrom, type Words } from './kernels/resolve.ts';
export * as kvm from './kvm/index.ts';
export * as lint from './lint/index.ts';
export {
  type Known,
  knownFrom,
  type Machine as KnownMachine,
  machineFrom,
  type Origin,
  originText,
  type Source as MachineSource,
  saidOf,
} from './machine/machine.ts';
export { sourceOf } from './machine/read.ts';
export { type Settled, settledBy } from './machine/settle.ts';
export { type Compiled, compile } from './memtype/compile.ts';
export { guard } from './memtype/guard.ts';
export type { AssumedSettings, Doubt } from './pasted/doubt.ts';
export type { EntryReading } from './pasted/entry.ts';
export { type Placed, placeEntries } from './pasted/place.ts';
export {
  type Asked as PastedAsked,
  type EntryItem,
  type PastedBatch,
  type PastedEnd,
  readPasted,
} from './pasted/read.ts';
export { citation, EDITIONS } from './refs.ts';
export type { Context as TextContext, Given } from './text/context.ts';
export { detect } from './text/detect.ts';
export { recognisers } from './text/formats/index.ts';
export { linesOf } from './text/lines.ts';
export type { Item as TextItem, Recognised } from './text/model.ts';
export { readText, type TextOptions, TextReader, UnknownFormatError } from './text/read.ts';
export { parseRegisters, type RegisterFile, type Registers, registerName } from './text/registers.ts';
export { isPastedText } from './text/sniff.ts';
export type { LeafBatch } from './walk/batch.ts';
export type { Candidate as RegimeCandidate, Candidates, RegisterValues } from './walk/candidate.ts';
export { Directory, type Lookups } from './walk/directory.ts';
export { type NestedBatch, nest } from './walk/nested.ts';
export { type PairCounts, type Stage, StagePairs } from './walk/pairs.ts';
export { Recorder, records, type WalkRecord } from './walk/record.ts';
export type { LeafView, Regime, Root } from './walk/regime.ts';
export { type NestedTranslation, type Space, spacesOf, translateIn } from './walk/space.ts';
export { type Summary, type SummaryRow, summarise } from './walk/summary.ts';
export { Through } from './walk/through.ts';
export { type Step, type Translation, translate } from './walk/translate.ts';
export { type MissingTable, type WalkOptions, type WalkResult, walk } from './walk/walker.ts';
export { Crew, type CrewOptions } from './workers/crew.ts';
export { openRecipe, type Recipe, spacesOfRecipe } from './workers/recipe.ts';
export { piecesWorth } from './workers/worth.ts';
export * as x86 from './x86/index.ts';
