/**
 * From a wish (`type=normal-wb perm=r-x oa=…`) to the fields of a Block or Page. Permissions are found by reading every
 * combination of the fields that decide them: what `encode` writes is by construction what `decode` says.
 */
import { EncodeError, encode } from '../../bits/codec.ts';
import type { Intent } from '../../bits/family.ts';
import type { Format } from '../../bits/format.ts';
import type { Word } from '../../bits/word.ts';
import { attributeBytes } from '../registers/attributes.ts';
import { blockSupported } from '../values/address.ts';
import { decodeAttr, type Memory, policyOf } from '../values/attributes.ts';
import { memoryName, parseMemAttr, parseMemory } from '../values/names.ts';
import { entryForm } from './common.ts';
import { stage1Perm, stage1Rights, stage2Perm, stage2Rights } from './perm.ts';
import { readStage1, type Stage1Settings, stage1Leaf } from './stage1.ts';
import { readStage2, type Stage2Settings, stage2Leaf } from './stage2.ts';

type Fields = Readonly<Record<string, number | bigint>>;
interface Made {
  readonly kind: 'block' | 'page';
  readonly fields: Fields;
}

/** What every entry that is meant to work has: the Access flag, and Inner Shareable where the entry says it at all. */
const always = (format: Format): Fields => ({
  af: 1,
  ...(format.rows.some(({ key }) => key === 'sh') ? { sh: 0b11 } : {}),
});

function leafKind(stage: string, s: Stage1Settings | Stage2Settings): 'block' | 'page' {
  if (s.d128) throw new EncodeError(`arm64.${stage}: VMSAv9-128 descriptors are not written`);
  if (s.level === 3) return 'page';
  if (blockSupported(s, s.level)) return 'block';
  throw new EncodeError(`arm64.${stage}: no Block can stand at ${entryForm(s)}`);
}

/** What an entry is meant to permit: a page that is clean for now is writable all the same. */
const granted = <P>(facts: { readonly granted?: P; readonly permissions?: P }): P | undefined =>
  facts.granted ?? facts.permissions;

/** Every combination of values for these fields, the format's other fields zero. */
function* combinations(sizes: readonly (readonly [key: string, values: number])[]): Generator<Fields> {
  const [first, ...rest] = sizes;
  if (!first) {
    yield {};
    return;
  }
  for (const tail of combinations(rest))
    for (let value = 0; value < first[1]; value++) yield { [first[0]]: value, ...tail };
}

/** The fields of `keys` with which an entry reads as permitting exactly this. */
function fieldsPermitting(
  format: Format,
  keys: readonly string[],
  fixed: Fields,
  wanted: string,
  permitted: (word: Word) => string,
): Fields {
  const sizes = format.rows
    .filter(({ key }) => keys.includes(key))
    .map(row => [row.key, 2 ** row.pieces.reduce((n, [hi, lo]) => n + hi - lo + 1, 0)] as const);
  const possible = new Set<string>();
  for (const candidate of combinations(sizes)) {
    const fields = { ...candidate, ...fixed };
    const permits = permitted(encode(format, fields));
    if (permits === wanted) return fields;
    possible.add(permits);
  }
  throw new EncodeError(
    `${format.id}: nothing permits '${wanted}' here; possible are ${[...possible].sort().join(', ')}`,
  );
}

// ------------------------------------------------------------------------------------------------------ stage 2

/** @throws EncodeError for a type that this encoding of MemAttr does not have, and permissions that nothing gives. */
export function stage2Intent(wish: Intent, s: Stage2Settings): Made {
  const kind = leafKind('stage2', s);
  const format = stage2Leaf(s) as Format;
  const fields: Record<string, number | bigint> = { ...always(format) };
  if (wish.oa !== undefined) fields.oa = wish.oa;
  if (wish.type !== undefined) {
    const memAttr = parseMemAttr(wish.type, s);
    if (memAttr === undefined)
      throw new EncodeError(
        `${format.id}: '${wish.type}' is no MemAttr with FWB = ${s.fwb}: write ${s.fwb ? 'wb (or normal-wb), nc, nGnRnE, nGnRE, nGRE, GRE, as stage 1' : 'wb (or normal-wb), wt, nc, oNC-iWB…, nGnRnE, nGnRE, nGRE, GRE'} or a code`,
      );
    fields.memAttr = memAttr;
  }
  if (wish.perm !== undefined) {
    const wanted = wish.perm.trim().toLowerCase();
    if (!/^[r-][w-][xpu-]$/.test(wanted))
      throw new EncodeError(
        `${format.id}: '${wish.perm}' is no permission: write rw-, r-x, r-p (EL1), r-u (EL0)`,
      );
    const dirty: Record<string, number> = s.s2pie && wanted[1] === 'w' ? { dirty: 1 } : {};
    Object.assign(
      fields,
      fieldsPermitting(format, ['s2ap', 'xn', 'piIndex', 'poIndex'], dirty, wanted, word =>
        stage2Perm(stage2Rights(granted(readStage2(word, s).facts))),
      ),
    );
  }
  return { kind, fields };
}

// ------------------------------------------------------------------------------------------------------ stage 1

/**
 * @throws EncodeError for a type that no byte of MAIR_ELx has (or where MAIR_ELx is not known), and permissions that
 * nothing gives: what EL0 may write is never privileged-executable.
 */
export function stage1Intent(wish: Intent, s: Stage1Settings): Made {
  const kind = leafKind('stage1', s);
  const format = stage1Leaf(s) as Format;
  const fields: Record<string, number | bigint> = { ...always(format) };
  if (wish.oa !== undefined) fields.oa = wish.oa;
  if (wish.type !== undefined) fields.attrIndx = attrIndx(wish.type, s, format);
  if (wish.perm !== undefined) {
    const two = s.regime === 'EL1&0' || s.regime === 'EL2&0';
    const triples = wish.perm.toLowerCase().match(/[r-][w-][x-]/g) ?? [];
    if (triples.length < 1 || triples.length > (two ? 2 : 1) || !/^[^rwx-]*[r-][w-][x-]/i.test(wish.perm))
      throw new EncodeError(
        `${format.id}: '${wish.perm}' is no permission: write rw-${two ? ', or rw-/r-x for privileged and EL0' : ''}`,
      );
    const [privileged = '---', el0 = '---'] = triples;
    Object.assign(
      fields,
      fieldsPermitting(
        format,
        ['ap', 'ap2', 'uxn', 'pxn', 'xn', 'piIndex'],
        {},
        two ? `${privileged}/${el0}` : privileged,
        word => stage1Perm(stage1Rights(granted(readStage1(word, s).facts), s)),
      ),
    );
  }
  return { kind, fields };
}

/** The index of a MAIR byte with this type: the very type first, else one that caches alike. */
function attrIndx(type: string, s: Stage1Settings, format: Format): number {
  const wanted = parseMemory(type);
  if (!wanted)
    throw new EncodeError(
      `${format.id}: '${type}' is no memory type: write wb, wt, nc (Linux’s write-combining), nGnRE, 0xff…`,
    );
  if (s.mair === 'unknown')
    throw new EncodeError(
      `${format.id}: AttrIndx selects a byte of MAIR_ELx: say mair=… to choose it by type`,
    );
  const types = [
    ...attributeBytes(s.mair),
    ...(s.aie && s.mair2 !== 'unknown' ? attributeBytes(s.mair2) : []),
  ].map(byte => decodeAttr(byte, s));
  const same = types.findIndex(have => have && memoryName(have) === memoryName({ ...wanted, xs: have.xs }));
  const index = same >= 0 ? same : types.findIndex(have => have && alike(have, wanted));
  if (index >= 0) return index;
  const there = types.map((have, i) => `${i} ${have ? memoryName(have) : 'UNPREDICTABLE'}`);
  throw new EncodeError(`${format.id}: MAIR_ELx has no '${type}': it has ${there.join(', ')}`);
}

/** The same cache policies, whatever the hints; never Tagged for untagged. */
const alike = (a: Memory, b: Memory): boolean =>
  a.type === 'normal' &&
  b.type === 'normal' &&
  a.tagged === b.tagged &&
  policyOf(a.outer) === policyOf(b.outer) &&
  policyOf(a.inner) === policyOf(b.inner);
