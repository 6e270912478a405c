/** MAIR_ELx and MAIR2_ELx: eight memory types that AttrIndx selects; with FEAT_AIE sixteen [Arm ARM, MAIR_EL1]. */
import { type Finding, fieldsOf } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { type Settings, toggle } from '../../bits/settings.ts';
import { bits } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import { decodeAttr } from '../values/attributes.ts';
import { memoryName } from '../values/names.ts';

const attributes = {
  attr7: bits(63, 56, 'Attr7'),
  attr6: bits(55, 48, 'Attr6'),
  attr5: bits(47, 40, 'Attr5'),
  attr4: bits(39, 32, 'Attr4'),
  attr3: bits(31, 24, 'Attr3'),
  attr2: bits(23, 16, 'Attr2'),
  attr1: bits(15, 8, 'Attr1'),
  attr0: bits(7, 0, 'Attr0'),
};
export const mairFormat = format(
  'arm64.MAIR_ELx',
  { title: 'Memory Attribute Indirection Register', ref: arm('MAIR_EL1') },
  attributes,
);
export const mair2Format = format(
  'arm64.MAIR2_ELx',
  { title: 'Memory Attribute Indirection Register 2: AttrIndx 8 to 15', ref: arm('MAIR2_EL1') },
  attributes,
);

const settings = {
  xs: toggle('FEAT_XS: encodings with XS = 0', 1),
  mte2: toggle('FEAT_MTE2: encoding 0xF0 is Tagged', 1),
} as const;

/** The byte of MAIR_ELx, or for indices above 7 of MAIR2_ELx, that AttrIndx selects; undefined where its register is not known. */
export function attributeByte(
  attrIndx: number,
  { mair, mair2 }: { readonly mair: Word | 'unknown'; readonly mair2: Word | 'unknown' },
): number | undefined {
  const register = attrIndx < 8 ? mair : mair2;
  return register === 'unknown' ? undefined : attributeBytes(register)[attrIndx % 8];
}

/** The eight bytes of MAIR_ELx or MAIR2_ELx, Attr0 first. */
export const attributeBytes = (register: Word): readonly number[] => fieldsOf(mairFormat, register, 'attr');

/** One line per byte: its name, or that it is UNPREDICTABLE. */
const types = (word: Word, s: Settings<typeof settings>) =>
  Object.fromEntries(
    attributeBytes(word).map((byte, index) => {
      const memory = decodeAttr(byte, s);
      return [`attr${index}`, memory ? memoryName(memory) : 'UNPREDICTABLE'];
    }),
  );

function unpredictable(word: Word, s: Settings<typeof settings>): Finding[] {
  const bytes = attributeBytes(word);
  return [7, 6, 5, 4, 3, 2, 1, 0].flatMap(index => {
    const byte = bytes[index] ?? 0;
    if (decodeAttr(byte, s)) return [];
    return [
      {
        id: 'mair-unpredictable',
        severity: 'warning',
        bits: `${8 * index + 7}:${8 * index}`,
        message: `Attr${index} = 0x${byte.toString(16).padStart(2, '0')} is UNPREDICTABLE: an entry that selects it may behave as any type`,
        ref: arm('MAIR_EL1'),
      },
    ];
  });
}

const about = {
  settings,
  facts: (_fields: unknown, s: Settings<typeof settings>, word: Word) => types(word, s),
  findings: (_fields: unknown, s: Settings<typeof settings>, word: Word) => unpredictable(word, s),
};
export const mair = register(mairFormat, {
  ...about,
  aliases: ['MAIR_EL1', 'MAIR_EL2', 'MAIR_EL3', 'mair'],
});
export const mair2 = register(mair2Format, {
  ...about,
  aliases: ['MAIR2_EL1', 'MAIR2_EL2', 'MAIR2_EL3', 'mair2'],
});
