/** What every register family shares: one kind, and a reading of fields, facts and findings. */
import { check, type Finding } from '../../bits/codec.ts';
import type { Facts, Family, Reading } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import { type Settings, type SettingTable, settle } from '../../bits/settings.ts';
import type { Ref, Violation } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';

/** A set bit that makes the writing instruction (MOV to a control register, WRMSR) raise #GP(0). */
export const GP: Violation = { id: 'reserved-set', text: 'reserved (must be 0): writing it raises #GP(0)' };

export type RegisterReading<F extends Facts = Facts> = Reading<F, 'register'>;

interface Register<T extends SettingTable, F extends Facts> {
  readonly id: string;
  readonly title: string;
  readonly ref: Ref;
  readonly aliases: readonly string[];
  readonly settings: T;
  readonly layout: (s: Settings<T>) => Format;
  /** Facts, and what the rows cannot say. `wrong` is what they do say. */
  readonly judge: (
    word: Word,
    s: Settings<T>,
    wrong: readonly Finding[],
  ) => readonly [facts: F, findings?: readonly Finding[]];
  /** Settings under which the layout differs from the default one. */
  readonly forms?: readonly Partial<Settings<T>>[];
}

/** A register as a family. */
export function register<T extends SettingTable, F extends Facts>(
  about: Register<T, F>,
): Family<T, RegisterReading<F>> {
  const { id, title, ref, aliases, settings, layout, judge, forms = [] } = about;
  return {
    ...{ id, title, ref, aliases, settings },
    role: 'register',
    kinds: ['register'],
    layout: (_kind, s) => layout(s),
    read(word, s) {
      const format = layout(s);
      const wrong = check(format, word);
      const [facts, findings = []] = judge(word, s, wrong);
      return { format, raw: word, kind: 'register', facts, findings: [...wrong, ...findings] };
    },
    variants: () =>
      [{} as Partial<Settings<T>>, ...forms].map(given => ({
        kind: 'register',
        settings: given,
        format: layout(settle(settings, given)),
      })),
  };
}

/** Does a write of this value raise #GP(0)? Errors are what the processor refuses, warnings what it lets pass. */
export const refused = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');
