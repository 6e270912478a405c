/** What a text says beside the entries that stand in it, and what of it an entry's reading can hang on. */
import type { Settings, SettingTable } from '../bits/settings.ts';

/** Settings of a family that somebody or something gave; the others are defaults. */
export type Given = Partial<Settings<SettingTable>>;

export interface Context {
  /** By the names of `registers.ts`. */
  readonly registers: ReadonlyMap<string, bigint>;
  /** Facts by name: `MAXPHYADDR`, `va bits`, `vendor`. */
  readonly facts: ReadonlyMap<string, bigint | string>;
}
