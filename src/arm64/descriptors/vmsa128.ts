/**
 * VMSAv9-128 (FEAT_D128): 16-byte descriptors. Recognised and refused by name: an 8-byte reading of them would be wrong in
 * every field [Arm ARM, Tables D8-43 to D8-46].
 */
import type { Finding } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { wide } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';

const ref = arm('section D8.3, VMSAv9-128 descriptor formats');

/** Half of a descriptor, and no more is said of it. */
export const vmsa128 = format(
  'arm64.vmsav9-128',
  { title: 'half of a VMSAv9-128 descriptor (not decoded)', ref },
  () => ({ half: wide(63, 0, 'half of a 128-bit descriptor') }),
);

/** The answer to any word under D128 = 1. `control` names the bit that says so: `VTCR_EL2.D128`. */
export function refused128(word: Word, control: string) {
  const findings: Finding[] = [
    {
      id: 'vmsav9-128',
      severity: 'error',
      bits: '',
      message: `${control} = 1: descriptors are 128 bits wide (VMSAv9-128); this decoder reads VMSAv8-64 only`,
      ref,
    },
  ];
  return { format: vmsa128, raw: word, kind: 'vmsav9-128', facts: {}, findings } as const;
}
