/**
 * What control registers make of the types in the tables: stage 1 off, HCR_EL2.DC, SCTLR_ELx.{C,I}, and which stages are
 * on at all [Arm ARM, sections D7.5.5 and D8.2.12; ASL AArch64_S1Translate, AArch64_S1DisabledOutput].
 */
import { decode } from '../../bits/codec.ts';
import type { Bit } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { type Answer, answer, citing, type Operands, type Reason } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import { hcrFormat, sctlrEl1Format } from '../registers/control.ts';
import type { AttributeFeatures, Memory, NormalMemory } from '../values/attributes.ts';
import { memoryName } from '../values/names.ts';
import type { Effective, Stage1Meaning } from './meaning.ts';

/** A data access (loads, stores, cache maintenance by VA) or an instruction fetch. Table walks: `walk-memory.ts`. */
export type Access = 'data' | 'ifetch';

/** HCR_EL2 as far as memory types of EL1&0 go. */
export interface HypervisorControls {
  /** Stage 2 on. */
  readonly vm: Bit;
  /** Default Cacheability: stage 1 off, its memory Normal Write-Back; stage 2 on. */
  readonly dc: Bit;
  /** With DC: that memory is Tagged. */
  readonly dct: Bit;
  /** Stage 2 data accesses are Non-cacheable. */
  readonly cd: Bit;
  /** Stage 2 instruction fetches are Non-cacheable. */
  readonly id: Bit;
  readonly fwb: Bit;
  /** Stage 1 walks through stage 2 Device memory fault. */
  readonly ptw: Bit;
  /** EL1 is not in use: stage 1 of EL1&0 is off. */
  readonly tge: Bit;
}
/** SCTLR_ELx: stage 1 on, data cacheable, fetches cacheable. */
export interface SystemControls {
  readonly m: Bit;
  readonly c: Bit;
  readonly i: Bit;
}

/** No hypervisor: no stage 2, nothing overridden. Also what acts in EL2, EL2&0 and EL3. */
export const NO_HYPERVISOR: HypervisorControls = {
  vm: 0,
  dc: 0,
  dct: 0,
  cd: 0,
  id: 0,
  fwb: 0,
  ptw: 0,
  tge: 0,
};

/** The bits of HCR_EL2 that have a say in types or in who is asked, as they stand in the register. */
export interface HypervisorBits extends HypervisorControls {
  /** EL2 hosts an operating system. */
  readonly e2h: Bit;
  /** EL1 is a guest's hypervisor. They change permissions and traps, no types. */
  readonly nv: Bit;
  readonly nv1: Bit;
}
export function hypervisorBits(hcr: Word): HypervisorBits {
  const { vm, dc, dct, cd, id, fwb, ptw, tge, e2h, nv, nv1 } = decode(hcrFormat, hcr);
  return { vm, dc, dct, cd, id, fwb, ptw, tge, e2h, nv, nv1 };
}

/**
 * HCR_EL2 as it acts. With {E2H, TGE} = {1, 1} EL0 is of EL2&0: stage 1 is on by SCTLR_EL2.M, there is no stage 2, and
 * DC, CD and ID have no effect [Arm ARM, HCR_EL2.TGE; ASL ELIsInHost]. With TGE = 1 alone stage 1 is off, and PTW has no effect.
 */
export function actingControls({ e2h, nv, nv1, ...bits }: HypervisorBits): HypervisorControls {
  const { fwb, ptw, tge } = bits;
  if (e2h && tge) return { ...NO_HYPERVISOR, fwb };
  return { ...bits, ptw: tge ? 0 : ptw };
}
export const hypervisorControls = (hcr: Word): HypervisorControls => actingControls(hypervisorBits(hcr));

/** M, C and I stand at the same bits in every SCTLR_ELx. */
export function systemControls(sctlr: Word): SystemControls {
  const { m, c, i } = decode(sctlrEl1Format, sctlr);
  return { m, c, i };
}

/** Does stage 1 read its tables? */
export const stage1On = (hcr: HypervisorControls, sctlr: SystemControls): boolean =>
  sctlr.m === 1 && !hcr.dc && !hcr.tge;
/** Does stage 2? */
export const stage2On = (hcr: HypervisorControls): boolean => hcr.vm === 1 || hcr.dc === 1;

const disabled = citing('arm64.S1DisabledOutput', asl('AArch64_S1DisabledOutput'));
const cacheControl = citing('arm64.S1CacheControl', arm('section D7.5.5, SCTLR_ELx.{C, I}'));

type FetchFromDevice = Extract<Effective, { is: 'constrained-unpredictable' }>;
export const FETCH_FROM_DEVICE: FetchFromDevice = {
  is: 'constrained-unpredictable',
  why: 'ifetch-from-device',
};
export const fetchFromDevice = (where: string): Reason =>
  cacheControl({ access: 'ifetch', [where]: 'Device' }, 'CONSTRAINED UNPREDICTABLE', {
    note: 'a fetch from Device memory takes a Permission fault or is done as Normal NC',
    ref: arm('section K1.2.11'),
  });

const SH = { NSH: 0b00, OSH: 0b10 } as const;
const known = (xs: Bit, features: AttributeFeatures): Bit | null => (features.xs ? xs : null);

/** What stage 1 gives while it is off. */
function disabledOutput(
  access: Access,
  hcr: HypervisorControls,
  sctlr: SystemControls,
  features: AttributeFeatures,
): Answer<Extract<Stage1Meaning, { is: 'ok' }>> {
  const normal = (half: NormalMemory['outer'], xs: Bit, tagged: Bit): NormalMemory => ({
    type: 'normal',
    outer: half,
    inner: half,
    xs: known(xs, features),
    tagged,
  });
  if (hcr.dc) {
    const memory = normal('WBrw', 0, hcr.dct && features.mte2);
    return answer(
      { is: 'ok', memory, sh: SH.NSH },
      disabled({ 'HCR_EL2.DC': 1, 'HCR_EL2.DCT': hcr.dct }, `${memoryName(memory)}, Non-shareable`, {
        note: 'stage 1 is off, with Default Cacheability',
      }),
    );
  }
  const off: Operands = hcr.tge ? { 'HCR_EL2.TGE': 1 } : { 'SCTLR.M': 0 };
  const note = 'stage 1 is off';
  if (access === 'ifetch') {
    const memory = sctlr.i ? normal('WTr', 1, 0) : normal('NC', 1, 0);
    return answer(
      { is: 'ok', memory, sh: SH.OSH },
      disabled({ access, ...off, 'SCTLR.I': sctlr.i }, `${memoryName(memory)}, Outer Shareable`, { note }),
    );
  }
  const memory: Memory = { type: 'device', device: 'nGnRnE', xs: known(1, features), tagged: 0 };
  return answer(
    { is: 'ok', memory, sh: SH.OSH },
    disabled({ access, ...off }, 'Device-nGnRnE, Outer Shareable', { note }),
  );
}

/**
 * Stage 1 of an access as stage 2 sees it: what the descriptor says, the default where stage 1 is off, Non-cacheable where
 * SCTLR turns caching off. `fromTables` is asked only where stage 1 is on.
 */
export function stage1Output(
  access: Access,
  hcr: HypervisorControls,
  sctlr: SystemControls,
  features: AttributeFeatures,
  fromTables: () => Answer<Stage1Meaning>,
): Answer<Stage1Meaning | FetchFromDevice> {
  if (!stage1On(hcr, sctlr)) return disabledOutput(access, hcr, sctlr, features);
  const tables = fromTables();
  const s1 = tables.value;
  if (s1.is !== 'ok') return tables;
  if (access === 'ifetch' && s1.memory.type === 'device')
    return answer(FETCH_FROM_DEVICE, ...tables.why, fetchFromDevice('stage 1'));
  const cached = access === 'data' ? sctlr.c : sctlr.i;
  if (cached || s1.memory.type === 'device') return tables;
  // Whether data accesses stay Tagged with SCTLR.C = 0 is CONSTRAINED UNPREDICTABLE; fetches have no tags
  const tagged = access === 'data' && s1.memory.tagged ? null : 0;
  const memory: NormalMemory = { type: 'normal', outer: 'NC', inner: 'NC', xs: s1.memory.xs, tagged };
  return answer(
    { is: 'ok', memory, sh: s1.sh },
    ...tables.why,
    cacheControl({ access, [access === 'data' ? 'SCTLR.C' : 'SCTLR.I']: 0 }, memoryName(memory), {
      note: tagged === null ? 'whether the memory stays Tagged is CONSTRAINED UNPREDICTABLE' : undefined,
    }),
  );
}
