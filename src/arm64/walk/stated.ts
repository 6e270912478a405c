/** arm64 leaves in the words of ptdump and its kin. */
import { decode } from '../../bits/codec.ts';
import type { Attributes } from '../../text/model.ts';
import type { Stated } from '../../walk/stated.ts';
import { type Memory, policyOf } from '../values/attributes.ts';

type Fields = Readonly<Record<string, number | bigint | undefined>>;
const set = (d: Fields, key: string): boolean => Number(d[key] ?? 0) !== 0;

/** A type as ptdump names it: by the attribute, not by the allocation hints. */
function typeWord(memory: Memory | undefined): string {
  if (memory?.type === 'device') return `Device-${memory.device}`;
  if (memory?.tagged) return 'Normal-Tagged';
  const policy = memory && memory.outer === memory.inner ? policyOf(memory.outer) : 'WB';
  return policy === 'WB' ? 'Normal' : `Normal-${policy}`;
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
  if ('memAttr' in d) {
    // stage 2: the attributes themselves, not an index
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
    // without MAIR there is an index and no byte; a byte that is UNPREDICTABLE may be any type
    ...(view.fields.attr === undefined ? {} : { type: typeWord(view.meaning as Memory | undefined) }),
  };
};
