/**
 * Nested paging entries of AMD: the page tables of the host's mode at VMRUN, in which every access is a user access
 * [APM, "Nested Paging"]. The layouts are those of ordinary paging; what they mean is said here.
 */
import type { Finding } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { perSettings } from '../../bits/memo.ts';
import { type Settings, settle } from '../../bits/settings.ts';
import type { Word } from '../../bits/word.ts';
import { apm } from '../../refs.ts';
import { patSetting } from '../registers/attributes.ts';
import { pageKind } from '../values/address.ts';
import { names } from './names.ts';
import { decodeMmioSpte, isMmioSpte, kvmSpte, mmioMasks, mmioText } from './software.ts';
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
  pat: patSetting('IA32_PAT of the host, to name memory types'),
} as const;
export type NptSettings = Settings<typeof nptSettings>;

/** The same settings for the layouts of ordinary paging. */
export const ordinary = perSettings(
  (s: NptSettings): Stage1Settings => settle(stage1Settings, { ...s, vendor: 'amd' }),
);

// ------------------------------------------------------------------------------------------------------ reading

/** The facts of an ordinary entry; `reservedFault` is a #NPF with RSV = 1. */
export type NptFacts = Stage1Facts & {
  /** Every nested access is a user access: with U/S = 0 it takes a #NPF. */
  readonly userFault?: boolean;
  /** KVM's cached MMIO address: the entry faults on purpose. */
  readonly mmio?: { readonly gfn: bigint; readonly generation: number; readonly access: number };
};
export type NptReading = Reading<NptFacts, Stage1Kind>;

/** Read one nested paging entry. Answers every word; what is wrong with it stands in the findings. */
export function readNpt(word: Word, s: NptSettings): NptReading {
  const reading = readStage1(word, ordinary(s));
  const { software: _linux, ...facts } = reading.facts;
  const supervisor = facts.permissions !== undefined && facts.permissions.u === 0;
  const findings: readonly Finding[] = supervisor
    ? [
        ...reading.findings,
        {
          id: 'npt-supervisor',
          severity: 'error',
          bits: '2',
          message: 'U/S = 0, but every nested access is a user access: #NPF',
          ref: NESTED,
        },
      ]
    : reading.findings;
  return {
    ...reading,
    facts: {
      ...facts,
      ...(facts.permissions === undefined ? {} : { userFault: supervisor }),
      ...softwareOf(word, s),
    },
    findings,
  };
}

/** KVM's conventions, where the word fits them. */
function softwareOf(word: Word, s: NptSettings): Pick<NptFacts, 'mmio' | 'software'> {
  if (isMmioSpte(word, 'npt', s.maxphyaddr)) {
    const mmio = decodeMmioSpte(word, mmioMasks('npt', s.maxphyaddr));
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
