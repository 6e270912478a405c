/** Leaves in the words of tools that print page tables. */
import { decode } from '../../../../src/bits/codec.ts';
import type { Attributes } from '../../../../src/text/model.ts';
import type { Stated } from '../../../../src/walk/stated.ts';
import type { Stage1Facts } from '../descriptors/stage1.ts';

export const stated: Stated = ({ reading, view, level }, combined): Attributes => {
  const d = decode(reading.format, reading.raw) as Readonly<Record<string, number | bigint | undefined>>;
  const { permissions: p } = reading.facts as Stage1Facts;
  const global = combined ? view.fields.g : d.g;
  return {
    valid: true,
    read: p?.r === 1,
    write: p?.w === 1,
    execute: p?.x === 1,
    user: p?.u === 1,
    accessed: d.a === 1,
    dirty: d.d === 1,
    global: global === 1,
    contiguous: d.contiguous === 1,
    block: level > 0,
    type: view.type,
  };
};
