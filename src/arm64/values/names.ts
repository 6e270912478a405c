/**
 * Memory types in words. As people write them: `WB`, `write-back`, `Normal-NC`, `nGnRE`, `Device-nGnRE`, `oNC iWB`, `wb rwa tagged`,
 * a MAIR byte `0x44`; and MemAttr wishes: `wb`, `nc`, `as stage 1`.
 */
import {
  type AttributeFeatures,
  type Cacheability,
  type CachePolicy,
  DEVICE_TYPES,
  decodeAttr,
  decodeMemAttr,
  half,
  hintsOf,
  isWriteBack,
  type MemAttrConfig,
  type Memory,
  type NormalMemory,
  policyOf,
  type Stage2Wish,
} from './attributes.ts';

const HINT_NAMES: Readonly<Record<string, string>> = {
  '': ' no-allocate',
  r: ' RA',
  w: ' WA',
  rw: ' RWA',
  rt: ' RA Transient',
  wt: ' WA Transient',
  rwt: ' RWA Transient',
};
const halfName = (of: Cacheability): string => `${policyOf(of)}${of === 'NC' ? '' : HINT_NAMES[hintsOf(of)]}`;

/** The name people use: `Normal WB RWA`, `Normal oNC iWB RWA`, `Normal NC`, `Device-nGnRE`; `XS=0` where that is special, `Tagged?` where it is uncertain. */
export function memoryName(memory: Memory): string {
  if (memory.type === 'device') return `Device-${memory.device}${memory.xs === 0 ? ' XS=0' : ''}`;
  const { outer, inner } = memory;
  const cache = outer === inner ? halfName(outer) : `o${halfName(outer)} i${halfName(inner)}`;
  const xs = memory.xs === 0 && !isWriteBack(memory) ? ' XS=0' : '';
  return `Normal ${cache}${memory.tagged ? ' Tagged' : memory.tagged === null ? ' Tagged?' : ''}${xs}`;
}

/** What stage 2 asks for, beside a stage 1 type. */
export function wishName(wish: Stage2Wish): string {
  switch (wish.is) {
    case 'device':
      return `Device-${wish.device}`;
    case 'normal':
      return wish.outer === wish.inner ? `Normal ${wish.outer}` : `Normal o${wish.outer} i${wish.inner}`;
    case 'force-nc':
      return 'Normal NC unless Device';
    case 'force-wb':
      return 'force Normal WB';
    case 'stage1':
      return 'as stage 1';
  }
}

// ---------------------------------------------------------------------------------------------- as people write them

const ALL: AttributeFeatures = { xs: 1, mte2: 1 };

/** What people call things, in the short words that are read below. */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/write[-_ ]?back/g, 'wb'],
  [/write[-_ ]?through/g, 'wt'],
  [/non[-_ ]?cach(e?)able|unc?ach(e?)(able|d)|uncached/g, 'nc'],
  [/strongly[-_ ]?ordered/g, 'ngnrne'],
  [/outer[-_ ]?/g, 'o'],
  [/inner[-_ ]?/g, 'i'],
  [/no[-_ ]?alloc(ate)?/g, 'na'],
  [/read[-_ ]?alloc(ate)?/g, 'ra'],
  [/write[-_ ]?alloc(ate)?/g, 'wa'],
  [/non[-_ ]?transient/g, ''],
];
const HINTS: Readonly<Record<string, string>> = { rwa: 'rw', rawa: 'rw', ra: 'r', wa: 'w', na: '' };

/**
 * The type that a text names; undefined where it names none. Hints that are not said are Read- and Write-Allocate,
 * non-transient, as everybody's `WB` is.
 */
export function parseMemory(text: string): Memory | undefined {
  const plain = text.trim().toLowerCase();
  if (/^(0x[0-9a-f]{1,2}|0b[01]{8})$/.test(plain)) return decodeAttr(Number(plain), ALL);
  const words = SYNONYMS.reduce((s, [pattern, word]) => s.replace(pattern, word), plain)
    .split(/[\s,_/-]+/)
    .filter(word => word !== '' && word !== 'normal' && word !== 'device' && word !== 'memory');
  const types = words.filter(word => word !== 'xs=0');
  const xs = types.length < words.length ? 0 : null;
  const device = DEVICE_TYPES.find(type => types.length === 1 && type.toLowerCase() === types[0]);
  return device ? { type: 'device', device, xs, tagged: 0 } : normal(types, xs);
}

type Side = 'o' | 'i';
const BOTH: readonly Side[] = ['o', 'i'];
/** Policies and hints word by word; hints belong to the policy before them. */
function normal(words: readonly string[], xs: 0 | null): NormalMemory | undefined {
  const policy: Partial<Record<Side, CachePolicy>> = {};
  const hints = { o: 'rw', i: 'rw' };
  const transient = { o: '', i: '' };
  let tagged: 0 | 1 = 0;
  let sides = BOTH;
  for (const word of words) {
    const [, where, name] = /^([oi]?)(nc|wt|wb)$/.exec(word) ?? [];
    if (name) {
      sides = where ? [where as Side] : BOTH;
      if (sides.some(side => policy[side])) return undefined; // said twice
      for (const side of sides) policy[side] = name.toUpperCase() as CachePolicy;
    } else if (word === 'tagged') tagged = 1;
    else if (word === 'transient') for (const side of sides) transient[side] = 't';
    else if (HINTS[word] !== undefined) for (const side of sides) hints[side] = HINTS[word];
    else return undefined;
  }
  const { o, i } = policy;
  if (!o || !i || BOTH.some(side => transient[side] && hints[side] === '')) return undefined;
  const outer = half(o, hints.o + transient.o);
  const inner = half(i, hints.i + transient.i);
  if (tagged && (outer !== 'WBrw' || inner !== 'WBrw')) return undefined;
  return { type: 'normal', outer, inner, xs, tagged };
}

/**
 * The MemAttr code for a wish, under an encoding: a type as above, `as stage 1`, or the code itself (`0x6`, `0b0110`, `6`).
 * Undefined where this encoding has no such value: Write-Through with FWB = 1, mixed types with FWB = 1.
 */
export function parseMemAttr(text: string, config: MemAttrConfig): number | undefined {
  const plain = text.trim().toLowerCase();
  if (/^(0x[0-9a-f]|0b[01]{4}|[0-9]|1[0-5])$/.test(plain)) return Number(plain);
  if (/^(as|like|from|use)?[-_ ]?(the )?(s1|stage[-_ ]?1)$/.test(plain)) return config.fwb ? 0b0111 : 0b1111;
  const memory = parseMemory(text);
  if (!memory || /^0[xb]/.test(plain)) return undefined;
  return Array.from({ length: 16 }, (_, code) => code).find(code => asksFor(code, memory, config));
}

/** Does this MemAttr ask for this type, without denying tags or setting RES0 bits? */
function asksFor(code: number, memory: Memory, config: MemAttrConfig): boolean {
  const { wish, noTagAccess, res0Set } = decodeMemAttr(code, config);
  if (!wish || noTagAccess || res0Set) return false;
  if (memory.type === 'device') return wish.is === 'device' && wish.device === memory.device;
  const [outer, inner] = [memory.outer.slice(0, 2), memory.inner.slice(0, 2)];
  switch (wish.is) {
    case 'normal':
      return wish.outer === outer && wish.inner === inner;
    case 'force-nc':
      return outer === 'NC' && inner === 'NC';
    case 'force-wb':
      return outer === 'WB' && inner === 'WB';
    default:
      return false;
  }
}
