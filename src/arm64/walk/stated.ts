/** arm64 leaves in the words of ptdump and its kin. */
import { decode } from '../../bits/codec.ts';
import type { Attributes } from '../../text/model.ts';
import type { Stated } from '../../walk/stated.ts';

type Fields = Readonly<Record<string, number | bigint | undefined>>;
const set = (d: Fields, key: string): boolean => Number(d[key] ?? 0) !== 0;

/** `Normal WB RWA` and its kin as ptdump names types: by the attribute, not by the allocation hints. */
function typeWord(type: string): string {
  if (type.startsWith('Device')) return type.replace(/[ ,].*$/, '');
  if (/tagged/i.test(type)) return 'Normal-Tagged';
  return /^Normal NC/.test(type) ? 'Normal-NC' : /^Normal WT/.test(type) ? 'Normal-WT' : 'Normal';
}

export const stated: Stated = ({ reading, view, level }, combined): Attributes => {
  const d = decode(reading.format, reading.raw) as Fields;
  const common = {
    valid: true,
    accessed: set(d, 'af'),
    contiguous: set(d, 'contiguous'),
    block: level < 3,
    shareability: (['non', undefined, 'outer', 'inner'] as const)[Number(d.sh ?? 0)] ?? 'non',
  };
  if (reading.format.id.startsWith('arm64.stage2')) {
    const { EL1, EL0 } = view.rights;
    return {
      ...common,
      read: EL1?.r ?? false,
      write: EL1?.w ?? false,
      ...(EL1?.x === EL0?.x ? { execute: EL1?.x ?? false } : {}),
      executePrivileged: EL1?.x ?? false,
      executeUser: EL0?.x ?? false,
    };
  }
  const ap = Number(d.ap ?? 0);
  const [privileged] = Object.values(view.rights);
  return {
    ...common,
    user: combined ? (view.rights.EL0?.r ?? false) : (ap & 1) === 1,
    write: combined ? (privileged?.w ?? false) : (ap & 2) === 0,
    executePrivileged: !set(d, 'pxn') && !set(d, 'xn'),
    executeUser: !set(d, 'uxn'),
    global: !set(d, 'nG'),
    guarded: set(d, 'gp'),
    ...(view.type.startsWith('AttrIndx') ? {} : { type: typeWord(view.type) }),
  };
};
