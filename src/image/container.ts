/** What the reader of a container format hands back. */
import type { AddressSpace } from './address-space.ts';
import type { ImageNotes } from './elf-notes.ts';
import type { Remarks } from './errors.ts';

export interface Container {
  readonly space: AddressSpace;
  readonly notes: ImageNotes;
  readonly remarks: Remarks;
}
