/** Control registers that decide how memory is translated and cached: CR0, CR4, IA32_EFER. */
import { decode, type Finding } from '../../bits/codec.ts';
import { type Format, format } from '../../bits/format.ts';
import { keyOf, perSettings } from '../../bits/memo.ts';
import { choice, type Settings } from '../../bits/settings.ts';
import { choose, flag, mbz, res0 } from '../../bits/spec.ts';
import { apm, sdm } from '../../refs.ts';
import { GP, refused, register } from './register.ts';

const CONTROL = sdm('section "Control Registers"');

// ---------------------------------------------------------------------------------------------------------- CR0

export const cr0Layout = format(
  'x86.CR0',
  { title: 'CR0', ref: CONTROL },
  {
    res32: mbz(63, 32, GP),
    ...{ pg: flag(31, 'PG'), cd: flag(30, 'CD'), nw: flag(29, 'NW') },
    res19: res0(28, 19, { name: 'Reserved[28:19]' }),
    am: flag(18, 'AM'),
    res17: res0(17, 17, { name: 'Reserved[17]' }),
    wp: flag(16, 'WP'),
    res6: res0(15, 6, { name: 'Reserved[15:6]' }),
    ...{ ne: flag(5, 'NE'), et: flag(4, 'ET'), ts: flag(3, 'TS'), em: flag(2, 'EM'), mp: flag(1, 'MP') },
    pe: flag(0, 'PE'),
  },
);

/**
 * CD and NW together [SDM, Table "Cache Operating Modes"]. `no-fill`: hits are served, misses do not allocate, memory
 * is really uncached only after WBINVD. `no-fill-incoherent`: the state after reset.
 */
export type CacheMode = 'normal' | 'no-fill' | 'no-fill-incoherent' | 'illegal';
export const cacheMode = (cd: number, nw: number): CacheMode =>
  cd ? (nw ? 'no-fill-incoherent' : 'no-fill') : nw ? 'illegal' : 'normal';

export type Cr0Facts = {
  /** MOV CR0 accepts the value. */
  readonly valid: boolean;
  readonly paging: boolean;
  readonly cache: CacheMode;
};

export const cr0 = register({
  id: 'x86.CR0',
  title: 'CR0: paging, write protection, caching',
  ref: CONTROL,
  aliases: ['cr0'],
  settings: {},
  layout: (): Format => cr0Layout,
  judge(word, _s, wrong): readonly [Cr0Facts, readonly Finding[]] {
    const d = decode(cr0Layout, word);
    const findings: Finding[] = [];
    const say = (id: string, bits: string, message: string) =>
      findings.push({ id, severity: 'error', bits, message: `${message}: #GP(0)`, ref: CONTROL });
    if (d.nw && !d.cd) say('nw-without-cd', '30:29', 'NW = 1 with CD = 0');
    if (d.pg && !d.pe) say('paging-without-protection', '31,0', 'PG = 1 with PE = 0');
    const valid = !refused([...wrong, ...findings]);
    return [{ valid, paging: d.pg === 1, cache: cacheMode(d.cd, d.nw) }, findings];
  },
});

// ---------------------------------------------------------------------------------------------------------- CR4

export const cr4Layout = format(
  'x86.CR4',
  { title: 'CR4', ref: CONTROL },
  {
    res33: mbz(63, 33, GP),
    fred: flag(32, 'FRED'),
    res29: mbz(31, 29, GP),
    ...{
      lamSup: flag(28, 'LAM_SUP'),
      lass: flag(27, 'LASS'),
      res26: mbz(26, 26, GP),
      uintr: flag(25, 'UINTR'),
    },
    ...{ pks: flag(24, 'PKS'), cet: flag(23, 'CET'), pke: flag(22, 'PKE'), smap: flag(21, 'SMAP') },
    ...{ smep: flag(20, 'SMEP'), kl: flag(19, 'KL'), osxsave: flag(18, 'OSXSAVE'), pcide: flag(17, 'PCIDE') },
    ...{
      fsgsbase: flag(16, 'FSGSBASE'),
      res15: mbz(15, 15, GP),
      smxe: flag(14, 'SMXE'),
      vmxe: flag(13, 'VMXE'),
    },
    ...{
      la57: flag(12, 'LA57'),
      umip: flag(11, 'UMIP'),
      osxmmexcpt: flag(10, 'OSXMMEXCPT'),
      osfxsr: flag(9, 'OSFXSR'),
    },
    ...{
      pce: flag(8, 'PCE'),
      pge: flag(7, 'PGE'),
      mce: flag(6, 'MCE'),
      pae: flag(5, 'PAE'),
      pse: flag(4, 'PSE'),
    },
    ...{ de: flag(3, 'DE'), tsd: flag(2, 'TSD'), pvi: flag(1, 'PVI'), vme: flag(0, 'VME') },
  },
);

export type Cr4Facts = {
  /** MOV CR4 accepts the value, as far as it alone decides. */
  readonly valid: boolean;
};

export const cr4 = register({
  id: 'x86.CR4',
  title: 'CR4: paging extensions',
  ref: CONTROL,
  aliases: ['cr4'],
  settings: {},
  layout: (): Format => cr4Layout,
  judge: (_word, _s, wrong): readonly [Cr4Facts] => [{ valid: !refused(wrong) }],
});

// --------------------------------------------------------------------------------------------------------- EFER

export const eferSettings = { vendor: choice(['intel', 'amd'], 'Which bits exist', 'intel') } as const;
const vendors = {
  intel: { res12: mbz(63, 12, GP) },
  amd: {
    res22: mbz(63, 22, GP),
    ...{
      aibrse: flag(21, 'AIBRSE'),
      uaie: flag(20, 'UAIE'),
      res19: mbz(19, 19, GP),
      intwb: flag(18, 'INTWB'),
    },
    ...{
      mcommit: flag(17, 'MCOMMIT'),
      res16: mbz(16, 16, GP),
      tce: flag(15, 'TCE'),
      ffxsr: flag(14, 'FFXSR'),
    },
    ...{ lmsle: flag(13, 'LMSLE'), svme: flag(12, 'SVME') },
  },
};

/** IA32_EFER; AMD has more bits of its own. */
export const eferLayout = perSettings(keyOf<Settings<typeof eferSettings>>('vendor'), s =>
  format(
    'x86.EFER',
    {
      title: 'IA32_EFER',
      ref:
        s.vendor === 'amd'
          ? apm('section "Extended Feature Enable Register (EFER)"')
          : sdm('Table "IA32_EFER MSR"'),
    },
    {
      ...choose(s.vendor === 'amd', vendors.amd, vendors.intel),
      ...{ nxe: flag(11, 'NXE'), lma: flag(10, 'LMA'), res9: mbz(9, 9, GP), lme: flag(8, 'LME') },
      ...{
        res1: mbz(7, 1, GP, s.vendor === 'amd' ? { severity: 'warning', note: 'AMD: reads as zero' } : {}),
        sce: flag(0, 'SCE'),
      },
    },
  ),
);

export type EferFacts = {
  /** WRMSR accepts the value, as far as it alone decides. */
  readonly valid: boolean;
};

export const efer = register({
  id: 'x86.EFER',
  title: 'IA32_EFER: long mode and no-execute (MSR C000_0080H)',
  ref: sdm('Table "IA32_EFER MSR"'),
  aliases: ['efer', 'ia32_efer', 'msrc0000080'],
  settings: eferSettings,
  layout: (s): Format => eferLayout(s),
  judge: (_word, _s, wrong): readonly [EferFacts] => [{ valid: !refused(wrong) }],
  forms: [{ vendor: 'amd' }],
});
