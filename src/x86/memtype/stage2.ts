/** Stage 2: what the memory type and IPAT of an EPT entry ask for [SDM, "EPT and Memory Typing"]. */
import type { Agreement } from '../../memtype/agreement.ts';
import { type Answer, answer, citing, rule } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import { type Stage2Settings, stage2Page } from '../descriptors/stage2.ts';
import { memoryType } from '../values/attributes.ts';
import { agreement, type Effective, illegal, type Stage2Meaning, typed } from './meaning.ts';

const TYPING = sdm('section "EPT and Memory Typing"');
const typing = citing('x86.ept.memtype', TYPING);
const ignoringPat = citing('x86.ept.ipat', TYPING);
const structures = citing(
  'x86.ept.structures',
  sdm('section "Memory Type Used for Accessing EPT Paging Structures"'),
);

/** The memory type and IPAT of an EPT leaf. Reserved types are a misconfiguration, even where IPAT or CD would hide them. */
export function eptMemory({
  memType,
  ipat,
}: {
  readonly memType: number;
  readonly ipat: number;
}): Answer<Stage2Meaning> {
  const type = memoryType(memType);
  const operands = { 'EPT memory type': type ?? memType, IPAT: ipat };
  if (type === undefined)
    return answer(
      { is: 'misconfigured' },
      typing(operands, 'EPT misconfiguration', { ref: sdm('section "EPT Misconfigurations"') }),
    );
  return ipat
    ? answer({ is: 'override', type }, ignoringPat(operands, `${type}, PAT ignored`))
    : answer({ is: 'combine', type }, typing(operands, `${type} with PAT`));
}

/** What an EPT leaf makes of the type whatever the guest's PAT says; undefined where the PAT has a say. */
export const alone = (meaning: Stage2Meaning): Agreement | undefined =>
  meaning.is === 'override' ? agreement(meaning.type) : undefined;

/** The type of accesses to the EPT paging structures themselves: EPTP[2:0], or UC with CR0.CD = 1. No MTRRs. */
export function eptStructures(memType: number, cd = 0): Answer<Effective> {
  const type = memoryType(memType);
  const operands = { 'EPTP[2:0]': type ?? memType, 'CR0.CD': cd };
  const legal = type === 'UC' || type === 'WB';
  const result = !legal ? 'illegal' : cd ? 'UC' : type;
  return answer(legal ? typed(cd ? 'UC' : type) : illegal('EPTP memory type'), structures(operands, result));
}

/** The rule on an EPT entry that maps a page. */
export const stage2 = rule({
  id: 'x86.ept.memtype',
  ref: TYPING,
  format: (settings: Stage2Settings) => stage2Page(settings),
  reads: ['memType', 'ipat'],
  resolve: (fields): Answer<Stage2Meaning> => eptMemory(fields),
});
