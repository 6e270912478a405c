/**
 * PIR_ELx, PIRE0_ELx and S2PIR_EL2: sixteen 4-bit permissions that PIIndex selects [Arm ARM, PIR_EL1, S2PIR_EL2, Tables
 * D8-67, D8-82]. POR_ELx and S2POR_EL1: sixteen overlays that POIndex selects. What an encoding permits is worked out in `values/permissions.ts`.
 */

import { fieldsOf } from '../../bits/codec.ts';
import type { Facts } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { once } from '../../bits/once.ts';
import { register } from '../../bits/register.ts';
import { bits, reserved, type ValueTable } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { overlayNibble, stage1Nibble, stage2Nibble } from '../values/permissions.ts';

const NONE = reserved('reserved: no access');
/** Stage 1. 0b0xxx takes overlays, 0b1xxx does not. */
const PIR: ValueTable = [
  'no access',
  'read',
  'execute',
  'read, execute',
  NONE,
  'read, write',
  'read, write, execute; WXN',
  'read, write, execute',
  'read (no overlay)',
  'read, Guarded Control Stack (no overlay)',
  'read, execute (no overlay)',
  NONE,
  'read, write (no overlay)',
  NONE,
  'read, write, execute (no overlay)',
  NONE,
];
/** Stage 2. MRO: mostly read-only, written by the MMU and by RCW instructions only. */
const S2PIR: ValueTable = [
  'no access',
  NONE,
  'MRO',
  'MRO, TopLevel1',
  'write',
  NONE,
  'MRO, TopLevel0',
  'MRO, TopLevel0, TopLevel1',
  'read',
  'read, execute at EL0',
  'read, execute at EL1',
  'read, execute',
  'read, write',
  'read, write, execute at EL0',
  'read, write, execute at EL1',
  'read, write, execute',
];

/** Reserved encodings permit nothing, which is defined: worth a remark, no error. */
const permissions = (values: ValueTable) => {
  const perm = (i: number) => bits(4 * i + 3, 4 * i, `Perm${i}`, { values, severity: 'note' });
  return {
    ...{ perm15: perm(15), perm14: perm(14), perm13: perm(13), perm12: perm(12) },
    ...{ perm11: perm(11), perm10: perm(10), perm9: perm(9), perm8: perm(8) },
    ...{ perm7: perm(7), perm6: perm(6), perm5: perm(5), perm4: perm(4) },
    ...{ perm3: perm(3), perm2: perm(2), perm1: perm(1), perm0: perm(0) },
  };
};

const pirLayout = once(() =>
  format(
    'arm64.PIR_ELx',
    { title: 'Permission Indirection Register: stage 1 permissions by PIIndex', ref: arm('PIR_EL1') },
    permissions(PIR),
  ),
);
// marked as pure: descriptors ask for `permissionOf` alone, and what is not asked for is left out of their file (start-up)
export const pirFormat = /* @__PURE__ */ pirLayout();
export const s2pirFormat = /* @__PURE__ */ format(
  'arm64.S2PIR_EL2',
  {
    title: 'Stage 2 Permission Indirection Register: permissions by PIIndex',
    ref: /* @__PURE__ */ arm('S2PIR_EL2'),
  },
  /* @__PURE__ */ permissions(S2PIR),
);
/** Its fields mean what those of S2PIR_EL2 mean [Arm ARM, Tables D8-82, D8-83]. */
export const s2porFormat = /* @__PURE__ */ format(
  'arm64.S2POR_EL1',
  {
    title: 'Stage 2 Permission Overlay Register: what stage 2 leaves by POIndex',
    ref: /* @__PURE__ */ arm('S2POR_EL1'),
  },
  /* @__PURE__ */ permissions(S2PIR),
);

/** POR_ELx: bit 0 read, bit 1 execute, bit 2 write; with bit 3 set reserved [Arm ARM, POR_EL1, Table D8-73]. */
const POR: ValueTable = [
  'no access',
  'read',
  'execute',
  'read, execute',
  'write',
  'read, write',
  'write, execute',
  'read, write, execute',
  ...Array.from({ length: 8 }, () => NONE),
];
export const porFormat = /* @__PURE__ */ format(
  'arm64.POR_ELx',
  {
    title: 'Permission Overlay Register: what stage 1 leaves by POIndex',
    ref: /* @__PURE__ */ arm('POR_EL1'),
  },
  /* @__PURE__ */ permissions(POR),
);

/** The field of PIR_ELx, POR_ELx, S2PIR_EL2 or S2POR_EL1 that an index selects. */
export const permissionOf = (register: Word, index: number): number =>
  fieldsOf(pirLayout(), register, 'perm')[index] ?? 0;

/** One short word per index: `rw-`, `r-x`. */
const each = (word: Word, of: (nibble: number) => string): Facts =>
  Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`perm${i}`, of(permissionOf(word, i))]));

export const pir = /* @__PURE__ */ register(pirFormat, {
  aliases: ['PIR_EL1', 'PIR_EL2', 'PIR_EL3', 'PIRE0_EL1', 'PIRE0_EL2', 'pir'],
  facts: (_fields, _settings, word) =>
    each(word, nibble => {
      const { r, w, x, gcs } = stage1Nibble(nibble);
      return `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}${gcs ? ' gcs' : ''}`;
    }),
});
export const por = /* @__PURE__ */ register(porFormat, {
  aliases: ['POR_EL0', 'POR_EL1', 'POR_EL2', 'POR_EL3', 'POR_EL12', 'por'],
  facts: (_fields, _settings, word) =>
    each(word, nibble => {
      const { r, w, x } = overlayNibble(nibble);
      return `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;
    }),
});
const stage2Facts = (word: Word): Facts =>
  each(word, nibble => {
    const { r, w, x1, x0, wMmu } = stage2Nibble(nibble);
    const execute = x1 && x0 ? 'x' : x1 ? 'p' : x0 ? 'u' : '-';
    return `${r ? 'r' : '-'}${w ? 'w' : '-'}${execute}${wMmu && !w ? ' mro' : ''}`;
  });
export const s2pir = /* @__PURE__ */ register(s2pirFormat, {
  aliases: ['S2PIR_EL2', 's2pir'],
  facts: (_fields, _settings, word) => stage2Facts(word),
});
export const s2por = /* @__PURE__ */ register(s2porFormat, {
  aliases: ['S2POR_EL1', 's2por'],
  facts: (_fields, _settings, word) => stage2Facts(word),
});
