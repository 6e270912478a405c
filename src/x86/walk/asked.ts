/** Questions about one combination of PAT, MTRR, EPT and nested paging, in words. */
import { decode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import { type Answer, answer } from '../../memtype/rule.ts';
import {
  AskError,
  type Asked,
  type EffectiveAnswer,
  type RecordedLeaf,
  type TypeRules,
} from '../../walk/asked.ts';
import * as x86 from '../memtype/index.ts';
import { cr0Layout } from '../registers/control.ts';
import { type MemoryType, typeCode } from '../values/attributes.ts';
import { decider, effectiveView as x86View } from './effective.ts';

interface Args {
  readonly pat?: string;
  readonly mtrr?: string;
  readonly ept?: string;
  readonly ipat?: boolean;
  readonly 'host-pat'?: string;
  readonly vendor?: 'intel' | 'amd';
  readonly cd?: boolean;
  readonly 'paging-off'?: boolean;
}
/** By name, so that the compiler sees a key that is left out. */
const ASKS: Readonly<Record<keyof Args, true>> = {
  pat: true,
  mtrr: true,
  ept: true,
  ipat: true,
  'host-pat': true,
  vendor: true,
  cd: true,
  'paging-off': true,
};

function typeOf(text: string | undefined, option: string): ReturnType<typeof x86.parseType> {
  if (text === undefined) return undefined;
  const found = x86.parseType(text);
  if (!found)
    throw new AskError(
      `--${option}: no memory type '${text}'; there are UC, UC- (PAT), WC, WT, WP, WB, or a code such as 0x6`,
    );
  return found;
}
const patOf = (text: string | undefined, option: string): Answer<x86.Stage1Meaning> | undefined => {
  if (text === undefined) return undefined;
  if (/^(0x)?[23]$/.test(text)) return answer('reserved');
  return answer(typeOf(text, option) as x86.Stage1Meaning);
};

/** One type, or several that overlap: UC wins, WT wins over WB, anything else is undefined. */
function mtrrOf(text: string): Answer<x86.MtrrType> {
  const types = [...new Set(text.split('+').map(part => typeOf(part, 'mtrr')))].sort();
  if (types.includes('UC-')) throw new AskError('--mtrr: UC- is no MTRR type');
  const known = types as readonly MemoryType[];
  const type = x86.overlapping(known);
  return answer(type === undefined ? { is: 'undefined', conflict: known } : { is: 'type', type });
}

function effective(asked: Asked): EffectiveAnswer {
  const args = asked as Args;
  if (args.ipat && args.ept === undefined)
    throw new AskError('--ipat is a bit of an EPT entry: give its type with --ept');
  const cd = args.cd ? 1 : 0;
  const pat = args['paging-off'] ? x86.noPaging : patOf(args.pat, 'pat');
  if (!pat) throw new AskError('what does the PAT say? --pat WB, --pat uncached-minus (or --paging-off)');
  const hostPat = patOf(args['host-pat'], 'host-pat');
  if (args.ept !== undefined && (hostPat || args.mtrr !== undefined))
    throw new AskError('under EPT neither MTRRs nor a host PAT have a say: leave out --mtrr and --host-pat');
  const vendor = args.vendor ?? (hostPat ? 'amd' : 'intel');
  const parts: Record<string, string> = {
    [args.ept !== undefined || hostPat ? 'guest PAT' : 'PAT']: String(pat.value),
  };
  let result: Answer<x86.Effective>;
  if (args.ept !== undefined) {
    const memType = /^(0x)?\d$/.test(args.ept)
      ? Number(args.ept)
      : typeCode(typeOf(args.ept, 'ept') as MemoryType);
    result = x86.effective({ through: 'ept', cd, memType, ipat: args.ipat ? 1 : 0, pat });
    parts.EPT = x86.parseType(args.ept) ?? 'reserved';
  } else {
    if (args.mtrr === undefined)
      throw new AskError('what do the MTRRs say? --mtrr WB (or --ept TYPE for a guest under EPT)');
    const mtrr = mtrrOf(args.mtrr);
    parts.MTRR = mtrr.value.is === 'type' ? mtrr.value.type : 'undefined';
    if (hostPat) parts['host PAT'] = String(hostPat.value);
    result = hostPat
      ? x86.effective({ through: 'npt', guestCd: cd, guestPat: pat, hostPat, mtrr })
      : x86.effective({ through: 'nothing', vendor, cd, pat, mtrr });
  }
  const { value } = result;
  const decidedBy = cd
    ? 'CR0.CD'
    : args.ipat && args.ept !== undefined
      ? 'EPT (IPAT)'
      : decider(value, parts);
  return {
    architecture: 'x86',
    given: { vendor, ...parts, ...(args.ept === undefined ? {} : { IPAT: args.ipat ? 1 : 0 }), 'CR0.CD': cd },
    view: x86View(result, decidedBy),
    notes: [],
    properties: value.is === 'type' ? x86.propertiesOf(value.type) : [],
  };
}

/** Caching and paging as CR0 has them. */
function known(registers: ReadonlyMap<string, bigint>): Asked {
  const word = registers.get('CR0');
  if (word === undefined) return {};
  const { cd, pg } = decode(cr0Layout, word);
  return { cd: cd === 1, 'paging-off': pg === 0 };
}

/** What the PAT says of a leaf, or its EPT type; MTRRs stand in no entry. */
function ofLeaves(leaves: readonly RecordedLeaf[]): Asked {
  const asked: Record<string, string | boolean> = {};
  for (const { format, type, mt, ipat } of leaves) {
    if (format === 'x86.ept') {
      if (typeof mt !== 'number') throw new AskError('it has no EPT memory type');
      asked.ept = hex(mt);
      asked.ipat = ipat === 1;
    } else if (format === 'x86.pte' || format === 'x86.npt') {
      if (typeof type !== 'string' || /^PAT\d/.test(type))
        throw new AskError('without IA32_PAT its index is no type');
      asked[format === 'x86.npt' ? 'host-pat' : 'pat'] = type;
    } else throw new AskError(`it is no leaf of x86, but of ${format}`);
  }
  if (asked.pat === undefined)
    throw new AskError('it is a leaf of a second stage alone: walk the translation that goes through both');
  return asked;
}

export const types: TypeRules = {
  id: 'x86',
  asks: Object.keys(ASKS),
  example: 'memattr effective x86 --pat WC --mtrr WB',
  known,
  ofLeaves,
  leafAsks: ['pat', 'ept', 'host-pat'],
  effective,
  matrices: x86.MATRICES,
  properties: x86.TYPE_PROPERTIES,
};
