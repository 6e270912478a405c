/** A register as a family: one kind, one layout, facts and findings of its own. */
import { check, decode, type Finding } from '../../../../src/bits/codec.ts';
import type { Facts, Family, Reading } from '../../../../src/bits/family.ts';
import type { Format } from '../../../../src/bits/format.ts';
import type { Decoded } from '../../../../src/bits/infer.ts';
import type { Rows } from '../../../../src/bits/spec.ts';

export type RegisterReading<F extends Facts = Facts> = Reading<F, 'register'>;

export const register = <R extends Rows, F extends Facts>(
  layout: Format<R>,
  aliases: readonly string[],
  facts: (fields: Decoded<R>) => F,
  findings: (fields: Decoded<R>) => readonly Finding[] = () => [],
): Family<Record<never, never>, RegisterReading<F>> => ({
  ...{ id: layout.id, title: layout.title, ref: layout.ref, aliases },
  role: 'register',
  settings: {},
  kinds: ['register'],
  layout: () => layout,
  read: word => {
    const d = decode(layout, word);
    return {
      ...{ format: layout, raw: word, kind: 'register' },
      facts: facts(d),
      findings: [...check(layout, word), ...findings(d)],
    };
  },
  variants: () => [{ kind: 'register', settings: {}, format: layout }],
});
