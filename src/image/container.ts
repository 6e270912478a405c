/** What may be wrapped around memory: a container format, compression. */
import type { AddressSpace } from './address-space.ts';
import type { ImageNotes } from './elf-notes.ts';
import type { Remarks } from './errors.ts';

/** What the reader of a container format hands back. */
export interface Container {
  readonly space: AddressSpace;
  readonly notes: ImageNotes;
  readonly remarks: Remarks;
}

/** What is wrapped around an image or a text. */
export type Compression = 'gzip' | 'zstd' | 'xz';
