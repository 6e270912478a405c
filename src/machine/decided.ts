/** Which register or fact decided which settings, in words and as a record. */
import type { Given } from '../text/context.ts';
import { type Known, originText } from './machine.ts';

export interface Decided {
  /** `VTCR_EL2`, `MAXPHYADDR`. */
  readonly name: string;
  readonly known: Known<bigint | string>;
  /** Keys of the settings. */
  readonly keys: readonly string[];
}

const shown = (value: unknown): string =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : `${value}`;

/** `VTCR_EL2 (vm.json): granule 4K, ds 1`, of the settings that are telling; nothing where none is. */
export const decidedTexts = (
  by: readonly Decided[],
  given: Given,
  telling?: ReadonlySet<string>,
): readonly string[] =>
  by.flatMap(({ name, known, keys }) => {
    const told = keys.filter(key => telling?.has(key) ?? true).map(key => `${key} ${shown(given[key])}`);
    return told.length > 0 ? [`${name} (${originText(known.origin)}): ${told.join(', ')}`] : [];
  });

/** The same as part of a JSON record; nothing where nothing was decided. */
export const decidedRecord = (by: readonly Decided[]): { readonly from?: readonly object[] } =>
  by.length === 0
    ? {}
    : {
        from: by.map(({ name, known, keys }) => ({ name, source: originText(known.origin), settings: keys })),
      };
