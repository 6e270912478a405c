/** A system register as a family: one kind, a layout that may depend on settings, facts and findings of its own. */
import { check, decode, type Finding } from './codec.ts';
import type { Facts, Family, Reading, Variant } from './family.ts';
import { type Format, positions } from './format.ts';
import type { Decoded } from './infer.ts';
import { type Settings, type SettingTable, settle } from './settings.ts';
import type { Ref, Rows } from './spec.ts';
import type { Word } from './word.ts';

/** What a register adds to its rows. */
export interface RegisterAbout<F extends Rows, T extends SettingTable, R extends Facts> {
  /** Absent: those of the layout. */
  readonly id?: string;
  readonly title?: string;
  readonly ref?: Ref;
  readonly aliases: readonly string[];
  readonly settings?: T;
  /** What the fields add up to. `findings`: everything that is wrong with the word, by the rows and beyond them. */
  readonly facts?: (fields: Decoded<F>, settings: Settings<T>, word: Word, findings: readonly Finding[]) => R;
  /** What the rows alone cannot say. */
  readonly findings?: (fields: Decoded<F>, settings: Settings<T>, word: Word) => readonly Finding[];
  /** Fields that the processor does not read while others say so, and what says it: a reserved encoding there does no harm. */
  readonly unread?: (
    fields: Decoded<F>,
    settings: Settings<T>,
    word: Word,
  ) => Readonly<Record<string, string>>;
  /** Settings under which the layout differs, for docs and tests. Without any: one layout. */
  readonly layouts?: readonly Partial<Settings<T>>[];
}

export type RegisterReading<R extends Facts = Facts> = Reading<R, 'register'>;

/** What the register says of itself, or else its layout; which is not made where it is not asked. */
function namesOf(
  { id, title, ref }: Pick<RegisterAbout<Rows, SettingTable, Facts>, 'id' | 'title' | 'ref'>,
  layout: () => Pick<Format, 'id' | 'title' | 'ref'>,
): Pick<Family, 'id' | 'title' | 'ref'> {
  if (id !== undefined && title !== undefined && ref !== undefined) return { id, title, ref };
  const own = layout();
  return { id: id ?? own.id, title: title ?? own.title, ref: ref ?? own.ref };
}

/** Reserved encodings of fields that nothing reads are worth a note. */
function softened(
  findings: readonly Finding[],
  format: Format,
  unread: Readonly<Record<string, string | undefined>>,
): readonly Finding[] {
  const why = new Map(
    format.rows.flatMap(({ key, pieces }) =>
      unread[key] === undefined ? [] : [[positions(pieces), unread[key]]],
    ),
  );
  return findings.map((finding): Finding => {
    const because = finding.id === 'reserved-encoding' ? why.get(finding.bits ?? '') : undefined;
    if (because === undefined) return finding;
    return { ...finding, severity: 'note', message: `${finding.message}; ${because}` };
  });
}

/** `layout` is the format itself, or a function of the settings and the word (PAR_EL1.F selects a form). */
export function register<
  F extends Rows,
  T extends SettingTable = Record<never, never>,
  R extends Facts = Record<never, never>,
>(
  layout: Format<F> | ((settings: Settings<T>, word: Word) => Format<F>),
  about: RegisterAbout<F, T, R>,
): Family<T, RegisterReading<R>> {
  const settings = about.settings ?? ({} as T);
  const formatOf = (s: Settings<T>, word: Word): Format<F> =>
    typeof layout === 'function' ? layout(s, word) : layout;
  return {
    ...namesOf(about, () => formatOf(settle(settings), 0n)),
    aliases: about.aliases,
    role: 'register',
    settings,
    kinds: ['register'],
    layout: (kind, s) => (kind === 'register' ? formatOf(s, 0n) : undefined),
    read(word, s) {
      const format = formatOf(s, word);
      const fields = decode(format, word);
      const found = check(format, word);
      const findings = [
        ...(about.unread === undefined ? found : softened(found, format, about.unread(fields, s, word))),
        ...(about.findings?.(fields, s, word) ?? []),
      ];
      const facts = about.facts?.(fields, s, word, findings) ?? ({} as R);
      return { format, raw: word, kind: 'register', facts, findings };
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
