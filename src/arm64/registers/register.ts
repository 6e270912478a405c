/** A system register as a family: one kind, a layout that may depend on settings, facts and findings of its own. */
import { check, decode, type Finding } from '../../bits/codec.ts';
import type { Facts, Family, Reading, Variant } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import type { Decoded } from '../../bits/infer.ts';
import { type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import type { Rows } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';

/** What a register adds to its rows. */
export interface RegisterAbout<F extends Rows, T extends SettingTable> {
  readonly aliases: readonly string[];
  readonly settings?: T;
  /** What the fields add up to. */
  readonly facts?: (fields: Decoded<F>, settings: Settings<T>, word: Word) => Facts;
  /** What the rows alone cannot say. */
  readonly findings?: (fields: Decoded<F>, settings: Settings<T>, word: Word) => readonly Finding[];
  /** Settings under which the layout differs, for docs and tests. Without any: one layout. */
  readonly layouts?: readonly Partial<Settings<T>>[];
}

export type RegisterReading = Reading<Facts, 'register'>;

/** `layout` is the format itself, or a function of the settings and the word (PAR_EL1.F selects a form). */
export function register<F extends Rows, T extends SettingTable = Record<never, never>>(
  layout: Format<F> | ((settings: Settings<T>, word: Word) => Format<F>),
  about: RegisterAbout<F, T>,
): Family<T, RegisterReading> {
  const settings = about.settings ?? ({} as T);
  const formatOf = (s: Settings<T>, word: Word): Format<F> =>
    typeof layout === 'function' ? layout(s, word) : layout;
  const first = formatOf(settle(settings), 0n);
  return {
    id: first.id,
    title: first.title,
    ref: first.ref,
    aliases: about.aliases,
    role: 'register',
    settings,
    kinds: ['register'],
    layout: (kind, s) => (kind === 'register' ? formatOf(s, 0n) : undefined),
    read(word, s) {
      const format = formatOf(s, word);
      const fields = decode(format, word);
      return {
        format,
        raw: word,
        kind: 'register',
        facts: about.facts?.(fields, s, word) ?? {},
        findings: [...check(format, word), ...(about.findings?.(fields, s, word) ?? [])],
      };
    },
    variants: () =>
      (about.layouts ?? [{}]).map(
        (given): Variant<T> => ({
          kind: 'register',
          settings: given,
          format: formatOf(settle(settings, given), 0n),
        }),
      ),
  };
}
