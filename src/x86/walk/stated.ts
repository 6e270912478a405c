/** x86 leaves in the words of ptdump, QEMU's monitor and Bochs. */
import { decode } from '../../bits/codec.ts';
import type { Attributes } from '../../text/model.ts';
import type { Stated } from '../../walk/stated.ts';
import type { Stage2Meaning } from '../memtype/meaning.ts';

type Fields = Readonly<Record<string, number | bigint | undefined>>;
const set = (d: Fields, key: string): boolean => Number(d[key] ?? 0) !== 0;

/** The type of an EPT leaf, whatever it does with the PAT. */
const typeWord = (meaning: Stage2Meaning): string =>
  meaning.is === 'misconfigured' ? 'reserved' : meaning.type;

export const stated: Stated = ({ reading, view, level }, combined): Attributes => {
  const d = decode(reading.format, reading.raw) as Fields;
  const { supervisor, user } = view.rights;
  const large = set(d, 'ps') && level > 1;
  const common = { valid: true, accessed: set(d, 'a'), dirty: set(d, 'd'), block: large };
  if ('ipat' in d)
    return {
      ...common,
      read: supervisor?.r ?? false,
      write: supervisor?.w ?? false,
      execute: supervisor?.x ?? false,
      ignorePat: set(d, 'ipat'),
      type: typeWord(view.meaning as Stage2Meaning),
    };
  const rights = combined
    ? { user: user?.r ?? false, write: supervisor?.w ?? false, execute: supervisor?.x ?? false }
    : { user: set(d, 'us'), write: set(d, 'rw'), execute: !set(d, 'xd') };
  return {
    ...common,
    ...rights,
    read: true,
    global: set(d, 'g'),
    pwt: set(d, 'pwt'),
    pcd: set(d, 'pcd'),
    pat: set(d, 'pat'),
  };
};
