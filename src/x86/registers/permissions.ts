/**
 * PKRU and IA32_PKRS: for each of sixteen protection keys, whether data accesses and writes are denied [SDM, section "Protection
 * Keys"]. PKRU is for user pages (CR4.PKE), IA32_PKRS for supervisor pages (CR4.PKS).
 */
import { fieldsOf } from '../../bits/codec.ts';
import type { Facts } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { flag, mbz } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { sdm } from '../../refs.ts';
import { GP } from './refused.ts';

const KEYS = sdm('section "Protection Keys"');

const keyRows = (i: number) => ({
  [`wd${i}`]: flag(2 * i + 1, `WD${i}`, { note: `writes with key ${i} are denied` }),
  [`ad${i}`]: flag(2 * i, `AD${i}`, { note: `data accesses with key ${i} are denied` }),
});

export const pkruLayout = format(
  'x86.PKRU',
  { title: 'PKRU, IA32_PKRS: what protection keys deny', ref: KEYS },
  () => ({
    res32: mbz(63, 32, GP),
    ...{ ...keyRows(15), ...keyRows(14), ...keyRows(13), ...keyRows(12) },
    ...{ ...keyRows(11), ...keyRows(10), ...keyRows(9), ...keyRows(8) },
    ...{ ...keyRows(7), ...keyRows(6), ...keyRows(5), ...keyRows(4) },
    ...{ ...keyRows(3), ...keyRows(2), ...keyRows(1), ...keyRows(0) },
  }),
);

/** What a key denies: every data access, or writes (of the supervisor only where CR0.WP is 1). */
export function deniedByKey(word: Word, key: number): { readonly access: boolean; readonly write: boolean } {
  const of = (name: string): boolean => fieldsOf(pkruLayout, word, name)[key] === 1;
  return { access: of('ad'), write: of('wd') };
}

const said = (word: Word, key: number): string => {
  const { access, write } = deniedByKey(word, key);
  return access ? 'no access' : write ? 'read' : 'read, write';
};

export const pkru = register(pkruLayout, {
  id: 'x86.PKRU',
  title: 'PKRU, IA32_PKRS: what protection keys deny (IA32_PKRS: MSR 6E1H)',
  ref: KEYS,
  aliases: ['pkru', 'ia32_pkrs', 'pkrs', 'msr6e1'],
  facts: (_d, _s, word): Facts =>
    Object.fromEntries(Array.from({ length: 16 }, (_, key) => [`key${key}`, said(word, key)])),
});
