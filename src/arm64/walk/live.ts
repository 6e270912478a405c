/** What changes to live tables take on arm64 [Arm ARM, section "Using break-before-make when updating translation table entries"]. */
import { decode } from '../../bits/codec.ts';
import { arm } from '../../refs.ts';
import {
  type LiveCase,
  type LiveChange,
  type LiveFacts,
  type LiveLeaf,
  type LiveRules,
  liveRule,
  type Needs,
} from '../../walk/live.ts';
import type { Regime } from '../../walk/regime.ts';
import { stage1Type, stage2Type } from '../memtype/meaning.ts';
import { mmfr2Format } from '../registers/features.ts';
import type { Memory, Stage2Wish } from '../values/attributes.ts';

const BBM = arm('section "Using break-before-make when updating translation table entries"');
const TLB = arm('section "Translation Lookaside Buffers"');
const MISMATCH = arm('section "Mismatched memory attributes"');
const FLAGS = arm('section "Hardware management of the Access flag and dirty state"');

const rules: LiveRules['rules'] = {
  made: liveRule(
    'nothing',
    TLB,
    'an entry that is not valid is not held in a TLB: a DSB, and an ISB on this PE, make it seen',
  ),
  unmapped: liveRule('invalidation', TLB, 'the old entry may be used until a TLBI and a DSB end'),
  size: liveRule('break-before-make', BBM, 'a table or a block takes the place of the other'),
  contiguous: liveRule(
    'break-before-make',
    BBM,
    'the Contiguous bit of all entries of the group goes together',
  ),
  'output-address': liveRule('break-before-make', BBM, 'two output addresses for one input address'),
  'memory-type': liveRule('break-before-make', BBM, 'the memory type or the cacheability'),
  shareability: liveRule(
    'invalidation',
    MISMATCH,
    'until all TLBs agree, coherency between observers may be lost',
  ),
  'global-set': liveRule(
    'break-before-make',
    BBM,
    'a global entry beside entries of an ASID that may still be held',
  ),
  'global-cleared': liveRule('invalidation', BBM, 'the global entry answers for every ASID until it is gone'),
  'rights-reduced': liveRule('invalidation', TLB, 'the old rights may be used until a TLBI and a DSB end'),
  'rights-widened': liveRule(
    'nothing',
    TLB,
    'an old entry gives a Permission fault that goes away when it is gone',
  ),
  'flags-cleared': liveRule('invalidation', FLAGS, 'an entry that is held is not marked again'),
  'flags-set': liveRule('nothing', FLAGS, 'hardware or the fault handler marks entries'),
  table: liveRule(
    'invalidation',
    TLB,
    'walks may still read the old table: no last-level TLBI, and the table stays as it is until that ends',
  ),
};

/** MAIR's type, or what MemAttr asks for, without allocation hints and tags, on which aliases need not agree. */
function facts({ view }: LiveLeaf, { stage }: Regime): LiveFacts {
  const { af, sh, ng, contig } = view.fields;
  const meaning = view.meaning;
  const type =
    meaning === undefined
      ? view.type
      : stage === 2
        ? stage2Type(meaning as Stage2Wish)
        : stage1Type(meaning as Memory);
  return {
    type,
    flags: { AF: af === 1 },
    contiguous: contig === 1,
    ...(sh === undefined ? {} : { shareability: Number(sh) }),
    ...(ng === undefined ? {} : { global: ng === 0 }),
  };
}

/** ID_AA64MMFR2_EL1.BBM; undefined where the register is not given. */
function levelOf({ registers }: LiveCase): number | undefined {
  const word = registers.get('ID_AA64MMFR2_EL1');
  return word === undefined ? undefined : decode(mmfr2Format, word).bbm;
}

const writable = (leaf: LiveLeaf | undefined): boolean =>
  leaf !== undefined && Object.values(leaf.view.rights).some(({ w }) => w);

function decides(
  change: LiveChange,
  at: LiveCase,
): { readonly needs: Needs; readonly because: string } | undefined {
  if (change === 'output-address' && !writable(at.before) && !writable(at.after))
    return {
      needs: 'break-before-make',
      because: 'unless both places, which are read-only, hold the same bytes',
    };
  if (change !== 'size' && change !== 'contiguous') return undefined;
  const level = levelOf(at);
  if (level === undefined)
    return { needs: 'break-before-make', because: `unless ${LEVELS_TEXT}; ID_AA64MMFR2_EL1 is not given` };
  if (level >= 2)
    return {
      needs: 'invalidation',
      because: `FEAT_BBML${level}: no break is needed; a TLB conflict abort may be taken`,
    };
  return level === 1
    ? { needs: 'break-before-make', because: 'FEAT_BBML1: or nT = 1 in the block while it changes' }
    : undefined;
}
const LEVELS_TEXT = 'FEAT_BBML1 (nT) or FEAT_BBML2 takes its place';

export const live: LiveRules = { id: 'arm64', rules, facts, decides };
