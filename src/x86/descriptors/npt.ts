/**
 * Nested paging entries of AMD: the page tables of the host's mode at VMRUN, in which every access is a user access
 * [APM, "Nested Paging"]. The layouts are those of ordinary paging; what they mean is said here.
 */
import type { Finding } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { perSettings } from '../../bits/memo.ts';
import { type Settings, settle, toggle } from '../../bits/settings.ts';
import type { Word } from '../../bits/word.ts';
import { apm } from '../../refs.ts';
import { patSetting } from '../registers/attributes.ts';
import { pageKind } from '../values/address.ts';
import { names } from './names.ts';
import {
  decodeMmioSpte,
  isLinux,
  isMmioPlace,
  isMmioSpte,
  kvmSpte,
  mmioAddress,
  mmioMasks,
  mmioText,
  ownerSetting,
} from './software.ts';
import {
  readStage1,
  type Stage1Facts,
  type Stage1Kind,
  type Stage1Settings,
  stage1,
  stage1Page,
  stage1Settings,
} from './stage1.ts';

const NESTED = apm('section "Nested Paging"');

// ---------------------------------------------------------------------------------------------------- settings

const { mode, level, maxphyaddr, nxe, pse, pse36, gbpages, cBit } = stage1Settings;
export const nptSettings = {
  mode: { ...mode, describe: 'Paging mode of the host at VMRUN: 32-bit, PAE, 4-level, 5-level' },
  level,
  maxphyaddr,
  nxe: { ...nxe, describe: 'EFER.NXE of the host: bit 63 is no-execute' },
  pse,
  pse36,
  gbpages,
  cBit,
  gmet: toggle('Guest Mode Execute Trap, VMCB 90h[3]: U/S says which fetches of the guest are permitted', 0),
  sss: toggle('Supervisor shadow stacks, VMCB 90h[4]: U/S = 0 with NX marks a page of theirs', 0),
  pat: patSetting('IA32_PAT of the host, to name memory types'),
  ia: mmioAddress,
  owner: ownerSetting,
} as const;
export type NptSettings = Settings<typeof nptSettings>;

/** The same settings for the layouts of ordinary paging. */
export const ordinary = perSettings(
  (s: NptSettings): Stage1Settings =>
    settle(stage1Settings, {
      mode: s.mode,
      level: s.level,
      maxphyaddr: s.maxphyaddr,
      nxe: s.nxe,
      pse: s.pse,
      pse36: s.pse36,
      gbpages: s.gbpages,
      cBit: s.cBit,
      pat: s.pat,
      vendor: 'amd',
    }),
);

// ------------------------------------------------------------------------------------------------------ reading

/** The facts of an ordinary entry; `reservedFault` is a #NPF with RSV = 1. */
export type NptFacts = Stage1Facts & {
  /** Every nested access is a user access: with U/S = 0 it takes a #NPF, unless GMET or SSS gives U/S a use. */
  readonly userFault?: boolean;
  /** With GMET: whose fetches this entry permits. U/S = 1 denies those of CPL 0 to 2. */
  readonly fetches?: 'supervisor' | 'user' | 'none';
  /** With SSS: the leaf is a supervisor shadow-stack page. */
  readonly supervisorShadowStack?: boolean;
  /** KVM's cached MMIO address: the entry faults on purpose. */
  readonly mmio?: { readonly gfn: bigint; readonly generation: number; readonly access: number };
};
export type NptReading = Reading<NptFacts, Stage1Kind>;

/** Read one nested paging entry. Answers every word; what is wrong with it stands in the findings. */
export function readNpt(word: Word, s: NptSettings): NptReading {
  const reading = readStage1(word, ordinary(s));
  const { software: _linux, ...facts } = reading.facts;
  const { permissions } = facts;
  const supervisor = permissions?.u === 0;
  const inUse = s.gmet === 1 || s.sss === 1;
  return {
    ...reading,
    facts: {
      ...facts,
      ...(permissions === undefined ? {} : { userFault: supervisor && !inUse }),
      ...(permissions === undefined || !s.gmet
        ? {}
        : {
            fetches: permissions.x
              ? supervisor
                ? ('supervisor' as const)
                : ('user' as const)
              : ('none' as const),
          }),
      ...(permissions === undefined || !s.sss || facts.size === undefined
        ? {}
        : { supervisorShadowStack: supervisor && permissions.x === 0 }),
      ...softwareOf(word, s),
    },
    findings: supervisor ? [...reading.findings, supervisorOnly(inUse)] : reading.findings,
  };
}

/** U/S = 0: nobody's page, or what GMET and SSS make of it. */
const supervisorOnly = (inUse: boolean): Finding => ({
  id: 'npt-supervisor',
  severity: inUse ? 'note' : 'error',
  bits: '2',
  message: inUse
    ? 'U/S = 0: for fetches of CPL 0 to 2 (GMET) or supervisor shadow stacks (SSS); every other nested access is a user access: #NPF'
    : 'U/S = 0, but every nested access is a user access: #NPF',
  ref: NESTED,
});

/** KVM's conventions, where the word fits them. */
function softwareOf(word: Word, s: NptSettings): Pick<NptFacts, 'mmio' | 'software'> {
  if (!isLinux(s.owner)) return {};
  if (isMmioSpte(word, 'npt', s.maxphyaddr)) {
    const mmio = decodeMmioSpte(word, mmioMasks('npt', s.maxphyaddr));
    if (!isMmioPlace(mmio, s)) return {};
    return { mmio, software: { 'Linux 6.12 KVM': mmioText(mmio) } };
  }
  const kvm = kvmSpte(word, 'npt');
  return kvm ? { software: { 'Linux 6.12 KVM': kvm.join(', ') } } : {};
}

/** Nested paging as a family, for everything that is driven by names. */
export const npt: Family<typeof nptSettings, NptReading> = {
  ...names.npt,
  title: 'nested paging entry (AMD)',
  ref: NESTED,
  role: 'descriptor',
  settings: nptSettings,
  kinds: stage1.kinds,
  layout: (kind, s) => stage1.layout(kind, ordinary(s)),
  read: readNpt,
  variants: () =>
    ([{}, { level: 2 }, { level: 3 }, { mode: 'pae' }, { cBit: 51 }] as const).map(settings => {
      const at = ordinary(settle(nptSettings, settings));
      return { kind: pageKind(at.mode, at.level), settings, format: stage1Page(at) };
    }),
};
