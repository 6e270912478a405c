/**
 * Translation control and system control registers, from bit 63 down: TCR_EL1, TCR_EL2 (both layouts), TCR_EL3,
 * TCR2_EL1, TCR2_EL2, VTCR_EL2, VSTCR_EL2, HCR_EL2, HCRX_EL2, SCR_EL3, SCTLR_EL1, SCTLR_EL2 (both layouts), SCTLR_EL3. What TCR and VTCR imply for a walk
 * is worked out in `walk/regime.ts`; `translation.ts` reads them together with it.
 */
import type { Finding } from '../../bits/codec.ts';
import type { Facts } from '../../bits/family.ts';
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { type Settings, toggle } from '../../bits/settings.ts';
import { type Bit, bits, flag, res0, res1 } from '../../bits/spec.ts';
import { arm } from '../../refs.ts';
import { PS, RGN, SH, TG0, TG1 } from '../values/codes.ts';

/** TCR_EL2 with E2H = 0 and TCR_EL3, below bit 34. */
const oneRange = () => ({
  mtx: flag(33, 'MTX', { note: '[59:56] of addresses hold the tag and nothing else' }),
  ds: flag(32, 'DS', {
    note: '52-bit addresses with the 4KB and 16KB granules; SH moves here from the descriptors',
    ref: arm('FEAT_LPA2'),
  }),
  res31: res1(31),
  tcma: flag(30, 'TCMA', { note: 'no tag check where the tag is 0b0000' }),
  tbid: flag(29, 'TBID', { note: 'TBI holds for data accesses only' }),
  hwu62: flag(28, 'HWU62', { note: 'bit 62 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
  hwu61: flag(27, 'HWU61', { note: 'bit 61 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
  hwu60: flag(26, 'HWU60', { note: 'bit 60 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
  hwu59: flag(25, 'HWU59', { note: 'bit 59 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
  hpd: flag(24, 'HPD', { note: 'tables carry no hierarchical permissions' }),
  res23: res1(23),
  hd: flag(22, 'HD', { note: 'hardware manages dirty state; needs HA' }),
  ha: flag(21, 'HA', { note: 'hardware sets the Access flag' }),
  tbi: flag(20, 'TBI', { note: 'the top byte of addresses is ignored' }),
  res19: res0(19),
  ps: bits(18, 16, 'PS', { values: PS }),
  tg0: bits(15, 14, 'TG0', { values: TG0 }),
  sh0: bits(13, 12, 'SH0', { values: SH }),
  orgn0: bits(11, 10, 'ORGN0', { values: RGN }),
  irgn0: bits(9, 8, 'IRGN0', { values: RGN }),
  res6: res0(7, 6),
  t0sz: bits(5, 0, 'T0SZ', { note: 'the range has 64 - T0SZ address bits' }),
});

export const tcrEl1Format = format(
  'arm64.TCR_EL1',
  { title: 'Translation Control Register, EL1', ref: arm('TCR_EL1') },
  () => ({
    res62: res0(63, 62),
    mtx1: flag(61, 'MTX1', { note: '[59:56] of addresses hold the tag and nothing else (TTBR1)' }),
    mtx0: flag(60, 'MTX0', { note: '[59:56] of addresses hold the tag and nothing else (TTBR0)' }),
    ds: flag(59, 'DS', {
      note: '52-bit addresses with the 4KB and 16KB granules; SH moves here from the descriptors',
      ref: arm('FEAT_LPA2'),
    }),
    tcma1: flag(58, 'TCMA1', { note: 'no tag check where the tag is 0b1111 (TTBR1)' }),
    tcma0: flag(57, 'TCMA0', { note: 'no tag check where the tag is 0b0000 (TTBR0)' }),
    e0pd1: flag(56, 'E0PD1', { note: 'EL0 accesses to the TTBR1 range fault without a walk' }),
    e0pd0: flag(55, 'E0PD0', { note: 'EL0 accesses to the TTBR0 range fault without a walk' }),
    nfd1: flag(54, 'NFD1', { note: 'non-faulting EL0 accesses do not walk TTBR1' }),
    nfd0: flag(53, 'NFD0', { note: 'non-faulting EL0 accesses do not walk TTBR0' }),
    tbid1: flag(52, 'TBID1', { note: 'TBI1 holds for data accesses only' }),
    tbid0: flag(51, 'TBID0', { note: 'TBI0 holds for data accesses only' }),
    hwu162: flag(50, 'HWU162', {
      note: 'bit 62 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR1)',
    }),
    hwu161: flag(49, 'HWU161', {
      note: 'bit 61 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR1)',
    }),
    hwu160: flag(48, 'HWU160', {
      note: 'bit 60 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR1)',
    }),
    hwu159: flag(47, 'HWU159', {
      note: 'bit 59 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR1)',
    }),
    hwu062: flag(46, 'HWU062', {
      note: 'bit 62 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR0)',
    }),
    hwu061: flag(45, 'HWU061', {
      note: 'bit 61 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR0)',
    }),
    hwu060: flag(44, 'HWU060', {
      note: 'bit 60 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR0)',
    }),
    hwu059: flag(43, 'HWU059', {
      note: 'bit 59 of leaves is PBHA, for hardware; at stage 1 only with HPD (TTBR0)',
    }),
    hpd1: flag(42, 'HPD1', { note: 'tables of TTBR1 carry no hierarchical permissions' }),
    hpd0: flag(41, 'HPD0', { note: 'tables of TTBR0 carry no hierarchical permissions' }),
    hd: flag(40, 'HD', { note: 'hardware manages dirty state; needs HA' }),
    ha: flag(39, 'HA', { note: 'hardware sets the Access flag' }),
    tbi1: flag(38, 'TBI1', { note: 'the top byte of TTBR1 addresses is ignored' }),
    tbi0: flag(37, 'TBI0', { note: 'the top byte of TTBR0 addresses is ignored' }),
    as: flag(36, 'AS', { values: ['8-bit ASID', '16-bit ASID'] }),
    res35: res0(35),
    ips: bits(34, 32, 'IPS', { values: PS }),
    tg1: bits(31, 30, 'TG1', { values: TG1 }),
    sh1: bits(29, 28, 'SH1', { values: SH }),
    orgn1: bits(27, 26, 'ORGN1', { values: RGN }),
    irgn1: bits(25, 24, 'IRGN1', { values: RGN }),
    epd1: flag(23, 'EPD1', { values: ['walks of TTBR1', 'a TLB miss faults'] }),
    a1: flag(22, 'A1', { values: ['ASID of TTBR0', 'ASID of TTBR1'] }),
    t1sz: bits(21, 16, 'T1SZ', { note: 'the TTBR1 range has 64 - T1SZ address bits' }),
    tg0: bits(15, 14, 'TG0', { values: TG0 }),
    sh0: bits(13, 12, 'SH0', { values: SH }),
    orgn0: bits(11, 10, 'ORGN0', { values: RGN }),
    irgn0: bits(9, 8, 'IRGN0', { values: RGN }),
    epd0: flag(7, 'EPD0', { values: ['walks of TTBR0', 'a TLB miss faults'] }),
    res6: res0(6),
    t0sz: bits(5, 0, 'T0SZ', { note: 'the range has 64 - T0SZ address bits' }),
  }),
);
export const tcrEl2Format = format(
  'arm64.TCR_EL2',
  { title: 'Translation Control Register, EL2, E2H = 0', ref: arm('TCR_EL2') },
  () => ({ res34: res0(63, 34), ...oneRange() }),
);
export const tcrEl2HostFormat = format(
  'arm64.TCR_EL2',
  { title: 'Translation Control Register, EL2, E2H = 1', ref: arm('TCR_EL2') },
  () => tcrEl1Format.fields,
);
export const tcrEl3Format = format(
  'arm64.TCR_EL3',
  { title: 'Translation Control Register, EL3', ref: arm('TCR_EL3') },
  () => ({
    res44: res0(63, 44),
    disCh0: flag(43, 'DisCH0', { note: 'no Contiguous bit in the start table of TTBR0 (VMSAv9-128)' }),
    haft: flag(42, 'HAFT', { note: 'hardware sets the Access flag in tables, too' }),
    pttwi: flag(41, 'PTTWI', { note: 'RCW instructions may write with reduced coherence' }),
    res39: res0(40, 39),
    d128: flag(38, 'D128', { note: 'descriptors are 128 bits wide (VMSAv9-128)', ref: arm('FEAT_D128') }),
    aie: flag(37, 'AIE', { note: 'AttrIndx has a fourth bit; MAIR2 names 8 to 15', ref: arm('FEAT_AIE') }),
    poe: flag(36, 'POE', { note: 'permission overlays, by POIndex', ref: arm('FEAT_S1POE') }),
    pie: flag(35, 'PIE', { note: 'permissions are indirect, by PIIndex', ref: arm('FEAT_S1PIE') }),
    pnch: flag(34, 'PnCH', {
      note: 'bit 52 of descriptors is Protected; there is no Contiguous bit',
      ref: arm('FEAT_THE'),
    }),
    ...oneRange(),
  }),
);

/** TCR2_ELx below bit 12. */
const tcr2Low = () => ({
  haft: flag(11, 'HAFT', { note: 'hardware sets the Access flag in tables, too' }),
  pttwi: flag(10, 'PTTWI', { note: 'RCW instructions may write with reduced coherence' }),
  res6: res0(9, 6),
  d128: flag(5, 'D128', { note: 'descriptors are 128 bits wide (VMSAv9-128)', ref: arm('FEAT_D128') }),
  aie: flag(4, 'AIE', { note: 'AttrIndx has a fourth bit; MAIR2 names 8 to 15', ref: arm('FEAT_AIE') }),
  poe: flag(3, 'POE', { note: 'permission overlays, by POIndex', ref: arm('FEAT_S1POE') }),
  e0poe: flag(2, 'E0POE', { note: 'permission overlays for EL0', ref: arm('FEAT_S1POE') }),
  pie: flag(1, 'PIE', { note: 'permissions are indirect, by PIIndex', ref: arm('FEAT_S1PIE') }),
  pnch: flag(0, 'PnCH', {
    note: 'bit 52 of descriptors is Protected; there is no Contiguous bit',
    ref: arm('FEAT_THE'),
  }),
});
const tcr2Middle = () => ({
  fng1: flag(18, 'FNG1', { note: 'TTBR1 translations are never global' }),
  fng0: flag(17, 'FNG0', { note: 'TTBR0 translations are never global' }),
  a2: flag(16, 'A2', { note: 'each TTBR gives the ASID of its own range' }),
  disCh1: flag(15, 'DisCH1', { note: 'no Contiguous bit in the start table of TTBR1 (VMSAv9-128)' }),
  disCh0: flag(14, 'DisCH0', { note: 'no Contiguous bit in the start table of TTBR0 (VMSAv9-128)' }),
});
export const tcr2El1Format = format(
  'arm64.TCR2_EL1',
  { title: 'Extended Translation Control Register, EL1', ref: arm('TCR2_EL1') },
  () => ({
    res22: res0(63, 22),
    fngna1: flag(21, 'FNGNA1'),
    fngna0: flag(20, 'FNGNA0'),
    res19: res0(19),
    ...tcr2Middle(),
    res12: res0(13, 12),
    ...tcr2Low(),
  }),
);
export const tcr2El2Format = format(
  'arm64.TCR2_EL2',
  { title: 'Extended Translation Control Register, EL2', ref: arm('TCR2_EL2') },
  () => ({
    res19: res0(63, 19),
    ...tcr2Middle(),
    amec1: flag(13, 'AMEC1', { note: 'the AMEC bit chooses an encryption context (TTBR1)' }),
    amec0: flag(12, 'AMEC0', { note: 'the AMEC bit chooses an encryption context (TTBR0)' }),
    ...tcr2Low(),
  }),
);

export const vtcrFormat = format(
  'arm64.VTCR_EL2',
  { title: 'Virtualization Translation Control Register', ref: arm('VTCR_EL2') },
  () => ({
    res46: res0(63, 46),
    hdbss: flag(45, 'HDBSS', { note: 'dirtied pages are logged to the buffer at HDBSSBR_EL2' }),
    haft: flag(44, 'HAFT', { note: 'hardware sets the Access flag in tables, too' }),
    res42: res0(43, 42),
    tl0: flag(41, 'TL0', { note: 'TopLevel0 permissions are enforced' }),
    gcsh: flag(40, 'GCSH', { note: 'guarded control stacks need assured translations' }),
    res39: res0(39),
    d128: flag(38, 'D128', { note: 'descriptors are 128 bits wide (VMSAv9-128)', ref: arm('FEAT_D128') }),
    s2poe: flag(37, 'S2POE', { note: 'permission overlays, by POIndex', ref: arm('FEAT_S2POE') }),
    s2pie: flag(36, 'S2PIE', { note: 'permissions are indirect, by PIIndex', ref: arm('FEAT_S2PIE') }),
    tl1: flag(35, 'TL1', { note: 'TopLevel1 permissions are enforced' }),
    assuredOnly: flag(34, 'AssuredOnly', { note: 'bit 58 of leaves is AssuredOnly', ref: arm('FEAT_THE') }),
    sl2: flag(33, 'SL2', { note: 'with SL0: the start level', ref: arm('FEAT_LPA2') }),
    ds: flag(32, 'DS', {
      note: '52-bit addresses with the 4KB and 16KB granules; SH moves here from the descriptors',
      ref: arm('FEAT_LPA2'),
    }),
    res31: res1(31),
    nsa: flag(30, 'NSA', { note: 'output of the Non-secure IPA space is Non-secure' }),
    nsw: flag(29, 'NSW', { note: 'walks of the Non-secure IPA space read Non-secure memory' }),
    hwu62: flag(28, 'HWU62', { note: 'bit 62 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
    hwu61: flag(27, 'HWU61', { note: 'bit 61 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
    hwu60: flag(26, 'HWU60', { note: 'bit 60 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
    hwu59: flag(25, 'HWU59', { note: 'bit 59 of leaves is PBHA, for hardware; at stage 1 only with HPD' }),
    res23: res0(24, 23),
    hd: flag(22, 'HD', { note: 'hardware manages dirty state; needs HA' }),
    ha: flag(21, 'HA', { note: 'hardware sets the Access flag' }),
    res20: res0(20),
    vs: flag(19, 'VS', { values: ['8-bit VMID', '16-bit VMID'] }),
    ps: bits(18, 16, 'PS', { values: PS }),
    tg0: bits(15, 14, 'TG0', { values: TG0 }),
    sh0: bits(13, 12, 'SH0', { values: SH }),
    orgn0: bits(11, 10, 'ORGN0', { values: RGN }),
    irgn0: bits(9, 8, 'IRGN0', { values: RGN }),
    sl0: bits(7, 6, 'SL0', { note: 'the start level' }),
    t0sz: bits(5, 0, 'T0SZ', { note: 'the range has 64 - T0SZ address bits' }),
  }),
);
export const vstcrFormat = format(
  'arm64.VSTCR_EL2',
  { title: 'Virtualization Secure Translation Control Register', ref: arm('VSTCR_EL2') },
  () => ({
    res34: res0(63, 34),
    sl2: flag(33, 'SL2', { note: 'with SL0: the start level', ref: arm('FEAT_LPA2') }),
    res32: res0(32),
    res31: res1(31),
    sa: flag(30, 'SA', { note: 'output of the Secure IPA space is Non-secure' }),
    sw: flag(29, 'SW', { note: 'walks of the Secure IPA space read Non-secure memory' }),
    res16: res0(28, 16),
    tg0: bits(15, 14, 'TG0', { values: TG0 }),
    res8: res0(13, 8),
    sl0: bits(7, 6, 'SL0', { note: 'the start level' }),
    t0sz: bits(5, 0, 'T0SZ', { note: 'the range has 64 - T0SZ address bits' }),
  }),
);

export const hcrFormat = format(
  'arm64.HCR_EL2',
  { title: 'Hypervisor Configuration Register', ref: arm('HCR_EL2') },
  () => ({
    twedel: bits(63, 60, 'TWEDEL', { note: 'traps of WFE are delayed by at least 2^(TWEDEL + 8) cycles' }),
    tweden: flag(59, 'TWEDEn', { note: 'TWEDEL applies' }),
    tid5: flag(58, 'TID5', { note: 'traps reads of GMID_EL1' }),
    dct: flag(57, 'DCT', { note: 'with DC = 1: EL1&0 memory is Tagged', ref: arm('FEAT_MTE2') }),
    ata: flag(56, 'ATA', { note: 'EL1 and EL0 may use allocation tags' }),
    ttlbos: flag(55, 'TTLBOS', { note: 'traps Outer Shareable TLB maintenance' }),
    ttlbis: flag(54, 'TTLBIS', { note: 'traps Inner Shareable TLB maintenance' }),
    enscxt: flag(53, 'EnSCXT', { note: 'EL1 and EL0 may use SCXTNUM' }),
    tocu: flag(52, 'TOCU', { note: 'traps cache maintenance to the Point of Unification, but IC IALLUIS' }),
    amvoffen: flag(51, 'AMVOFFEN', { note: 'activity monitors count with a virtual offset' }),
    ticab: flag(50, 'TICAB', { note: 'traps IC IALLUIS' }),
    tid4: flag(49, 'TID4', { note: 'traps the cache ID registers' }),
    gpf: flag(48, 'GPF', { note: 'granule protection faults of EL1 and EL0 go to EL2' }),
    fien: flag(47, 'FIEN', { note: 'EL1 may inject errors for testing' }),
    fwb: flag(46, 'FWB', { note: 'MemAttr has its Forced Write-Back encoding', ref: arm('FEAT_S2FWB') }),
    nv2: flag(45, 'NV2', { note: 'accesses of a guest hypervisor to its registers become memory accesses' }),
    at: flag(44, 'AT', { note: 'traps address translation instructions' }),
    nv1: flag(43, 'NV1', { note: 'EL1 looks like EL2 without VHE: its descriptors have PXN in bit 54' }),
    nv: flag(42, 'NV', { note: 'EL1 runs a guest hypervisor: its EL2 registers trap' }),
    api: flag(41, 'API', { note: 'EL1 and EL0 may use pointer authentication' }),
    apk: flag(40, 'APK', { note: 'EL1 may use the keys of pointer authentication' }),
    tme: flag(39, 'TME', { note: 'transactions are allowed (FEAT_TME, withdrawn)' }),
    miocnce: flag(38, 'MIOCNCE', { note: 'mismatched Cacheability may lose coherency (older editions)' }),
    tea: flag(37, 'TEA', { note: 'synchronous External aborts go to EL2' }),
    terr: flag(36, 'TERR', { note: 'traps the error record registers' }),
    tlor: flag(35, 'TLOR', { note: 'traps the LORegion registers' }),
    e2h: flag(34, 'E2H', { note: 'EL2 hosts an operating system: the EL2&0 regime' }),
    id: flag(33, 'ID', { note: 'stage 2 instruction fetches are Non-cacheable' }),
    cd: flag(32, 'CD', { note: 'stage 2 data accesses and walks are Non-cacheable' }),
    rw: flag(31, 'RW', { values: ['EL1 is AArch32', 'EL1 is AArch64'] }),
    trvm: flag(30, 'TRVM', { note: 'traps reads of the stage 1 control registers' }),
    hcd: flag(29, 'HCD', { note: 'HVC is undefined' }),
    tdz: flag(28, 'TDZ', { note: 'traps DC ZVA' }),
    tge: flag(27, 'TGE', { note: 'EL0 exceptions go to EL2; stage 1 of EL1&0 is off' }),
    tvm: flag(26, 'TVM', { note: 'traps writes of the stage 1 control registers' }),
    ttlb: flag(25, 'TTLB', { note: 'traps TLB maintenance' }),
    tpu: flag(24, 'TPU', { note: 'traps cache maintenance to the Point of Unification' }),
    tpcp: flag(23, 'TPCP', { note: 'traps cache maintenance to the Points of Coherency and Persistence' }),
    tsw: flag(22, 'TSW', { note: 'traps cache maintenance by set and way' }),
    tacr: flag(21, 'TACR', { note: 'traps ACTLR_EL1' }),
    tidcp: flag(20, 'TIDCP', { note: 'traps IMPLEMENTATION DEFINED registers' }),
    tsc: flag(19, 'TSC', { note: 'traps SMC' }),
    tid3: flag(18, 'TID3', { note: 'traps the feature ID registers' }),
    tid2: flag(17, 'TID2', { note: 'traps cache type registers' }),
    tid1: flag(16, 'TID1', { note: 'traps revision ID registers' }),
    tid0: flag(15, 'TID0', { note: 'traps AArch32 ID registers' }),
    twe: flag(14, 'TWE', { note: 'traps WFE' }),
    twi: flag(13, 'TWI', { note: 'traps WFI' }),
    dc: flag(12, 'DC', { note: 'EL1&0 stage 1 is off and its memory Normal Write-Back' }),
    bsu: bits(11, 10, 'BSU', { values: ['no effect', 'Inner Shareable', 'Outer Shareable', 'Full system'] }),
    fb: flag(9, 'FB', {
      note: 'TLB and instruction cache maintenance of EL1 reaches every PE of the domain',
    }),
    vse: flag(8, 'VSE', { note: 'a virtual SError is pending' }),
    vi: flag(7, 'VI', { note: 'a virtual IRQ is pending' }),
    vf: flag(6, 'VF', { note: 'a virtual FIQ is pending' }),
    amo: flag(5, 'AMO', { note: 'SErrors go to EL2' }),
    imo: flag(4, 'IMO', { note: 'IRQs go to EL2' }),
    fmo: flag(3, 'FMO', { note: 'FIQs go to EL2' }),
    ptw: flag(2, 'PTW', { note: 'a stage 1 walk through stage 2 Device memory faults' }),
    swio: flag(1, 'SWIO', { note: 'invalidation by set and way also cleans' }),
    vm: flag(0, 'VM', { values: ['stage 2 off', 'stage 2 on'] }),
  }),
);

export const hcrxFormat = format(
  'arm64.HCRX_EL2',
  { title: 'Extended Hypervisor Configuration Register', ref: arm('HCRX_EL2') },
  () => ({
    res25: res0(63, 25),
    pacmEn: flag(24, 'PACMEn', { note: 'EL1 and EL0 may use PACM' }),
    enFpm: flag(23, 'EnFPM', { note: 'EL1 and EL0 may use FPMR' }),
    gcsEn: flag(22, 'GCSEn', { note: 'EL1 and EL0 may use guarded control stacks' }),
    enIdcp128: flag(21, 'EnIDCP128', {
      note: 'EL1 and EL0 may use IMPLEMENTATION DEFINED 128-bit registers',
    }),
    enSderr: flag(20, 'EnSDERR', { note: 'errors on Device reads may be synchronous' }),
    tmea: flag(19, 'TMEA', { note: 'masked External aborts go to EL2' }),
    enSnerr: flag(18, 'EnSNERR', { note: 'errors on Normal reads may be synchronous' }),
    d128En: flag(17, 'D128En', { note: 'EL1 may use 128-bit registers', ref: arm('FEAT_D128') }),
    pttwi: flag(16, 'PTTWI', { note: 'RCW instructions may write with reduced coherence' }),
    sctlr2En: flag(15, 'SCTLR2En', { values: ['SCTLR2_EL1 acts as 0', 'SCTLR2_EL1 counts'] }),
    tcr2En: flag(14, 'TCR2En', { values: ['TCR2_EL1 acts as 0', 'TCR2_EL1 counts'] }),
    res12: res0(13, 12),
    mscEn: flag(11, 'MSCEn', { note: 'EL1 and EL0 may use memory copy and set instructions' }),
    mce2: flag(10, 'MCE2', { note: 'memory copy and set exceptions of EL1 go to EL2' }),
    cmow: flag(9, 'CMOW', { note: 'cache maintenance of EL1 and EL0 needs write permission at stage 2' }),
    vfnmi: flag(8, 'VFNMI', { note: 'the virtual FIQ has superpriority' }),
    vinmi: flag(7, 'VINMI', { note: 'the virtual IRQ has superpriority' }),
    tallint: flag(6, 'TALLINT', { note: 'traps ALLINT' }),
    smpme: flag(5, 'SMPME', { note: 'streaming priorities are mapped' }),
    fgTnXs: flag(4, 'FGTnXS', { note: 'fine-grained traps do not hold for TLB maintenance with nXS' }),
    fnXs: flag(3, 'FnXS', { note: 'TLB maintenance of EL1 acts as with nXS' }),
    enAsr: flag(2, 'EnASR', { note: 'EL1 and EL0 may use ST64BV' }),
    enAls: flag(1, 'EnALS', { note: 'EL1 and EL0 may use LD64B and ST64B' }),
    enAs0: flag(0, 'EnAS0', { note: 'EL1 and EL0 may use ST64BV0' }),
  }),
);

export const scrFormat = format(
  'arm64.SCR_EL3',
  { title: 'Secure Configuration Register', ref: arm('SCR_EL3') },
  () => ({
    res63: res0(63),
    nse: flag(62, 'NSE', { note: 'with NS: the Security state below EL3', ref: arm('FEAT_RME') }),
    hacdbsEn: flag(61, 'HACDBSEn', { note: 'EL2 may use the HACDBS registers' }),
    hdbssEn: flag(60, 'HDBSSEn', { note: 'EL2 may use the HDBSS registers' }),
    fgtEn2: flag(59, 'FGTEn2', { note: 'EL2 may use FEAT_FGT2' }),
    enDse: flag(58, 'EnDSE', { note: 'delegated SErrors' }),
    res57: res0(57, 56),
    enIdcp128: flag(55, 'EnIDCP128', { note: 'no trap of IMPLEMENTATION DEFINED 128-bit registers' }),
    res54: res0(54),
    pfarEn: flag(53, 'PFAREn', { note: 'PFAR_ELx may be used below EL3' }),
    twerr: flag(52, 'TWERR', { note: 'traps writes of error record registers' }),
    tmea: flag(51, 'TMEA', { note: 'masked External aborts go to EL3' }),
    enFpm: flag(50, 'EnFPM', { note: 'FPMR may be used below EL3' }),
    mecEn: flag(49, 'MECEn', { note: 'the MECID registers count', ref: arm('FEAT_MEC') }),
    gpf: flag(48, 'GPF', { note: 'granule protection faults go to EL3' }),
    d128En: flag(47, 'D128En', { note: '128-bit registers may be used below EL3', ref: arm('FEAT_D128') }),
    aiEn: flag(46, 'AIEn', { note: 'MAIR2_ELx may be used below EL3', ref: arm('FEAT_AIE') }),
    piEn: flag(45, 'PIEn', { note: 'PIR_ELx, POR_ELx and their relatives may be used below EL3' }),
    sctlr2En: flag(44, 'SCTLR2En', { note: 'SCTLR2_ELx may be used below EL3' }),
    tcr2En: flag(43, 'TCR2En', { note: 'TCR2_ELx may be used below EL3' }),
    rcwMaskEn: flag(42, 'RCWMASKEn', { note: 'RCWMASK_EL1 may be used below EL3', ref: arm('FEAT_THE') }),
    enTp2: flag(41, 'EnTP2', { note: 'TPIDR2_EL0 may be used below EL3' }),
    trndr: flag(40, 'TRNDR', { note: 'traps random numbers' }),
    gcsEn: flag(39, 'GCSEn', { note: 'guarded control stacks may be used below EL3' }),
    hxEn: flag(38, 'HXEn', { note: 'HCRX_EL2 may be used' }),
    adEn: flag(37, 'ADEn', { note: 'ACCDATA_EL1 may be used' }),
    enAs0: flag(36, 'EnAS0', { note: 'ST64BV0 may be used below EL3' }),
    amvoffen: flag(35, 'AMVOFFEN', { note: 'activity monitors count with a virtual offset' }),
    tme: flag(34, 'TME', { note: 'transactions are allowed (FEAT_TME, withdrawn)' }),
    twedel: bits(33, 30, 'TWEDEL', { note: 'traps of WFE are delayed by at least 2^(TWEDEL + 8) cycles' }),
    tweden: flag(29, 'TWEDEn', { note: 'TWEDEL applies' }),
    ecvEn: flag(28, 'ECVEn', { note: 'CNTPOFF_EL2 may be used' }),
    fgtEn: flag(27, 'FGTEn', { note: 'EL2 may use FEAT_FGT' }),
    ata: flag(26, 'ATA', { note: 'allocation tags may be used below EL3' }),
    enScxt: flag(25, 'EnSCXT', { note: 'SCXTNUM may be used below EL3' }),
    res22: res0(24, 22),
    fien: flag(21, 'FIEN', { note: 'errors may be injected for testing' }),
    nmea: flag(20, 'NMEA', { note: 'External aborts at EL3 may not be masked' }),
    ease: flag(19, 'EASE', { note: 'synchronous External aborts go to the SError vector' }),
    eel2: flag(18, 'EEL2', { note: 'there is Secure EL2' }),
    api: flag(17, 'API', { note: 'pointer authentication may be used below EL3' }),
    apk: flag(16, 'APK', { note: 'keys of pointer authentication may be used below EL3' }),
    terr: flag(15, 'TERR', { note: 'traps the error record registers' }),
    tlor: flag(14, 'TLOR', { note: 'traps the LORegion registers' }),
    twe: flag(13, 'TWE', { note: 'traps WFE' }),
    twi: flag(12, 'TWI', { note: 'traps WFI' }),
    st: flag(11, 'ST', { note: 'Secure EL1 may use the Secure timer' }),
    rw: flag(10, 'RW', { values: ['the next lower level is AArch32', 'the next lower level is AArch64'] }),
    sif: flag(9, 'SIF', { note: 'Secure state does not execute from Non-secure memory' }),
    hce: flag(8, 'HCE', { values: ['HVC is undefined', 'HVC is enabled'] }),
    smd: flag(7, 'SMD', { note: 'SMC is undefined' }),
    res6: res0(6),
    res4: res1(5, 4),
    ea: flag(3, 'EA', { note: 'External aborts and SErrors go to EL3' }),
    fiq: flag(2, 'FIQ', { note: 'FIQs go to EL3' }),
    irq: flag(1, 'IRQ', { note: 'IRQs go to EL3' }),
    ns: flag(0, 'NS', { note: 'the levels below EL3 are Non-secure (with NSE: Realm)' }),
  }),
);

const TAG_CHECK = ['no effect', 'synchronous', 'asynchronous', 'synchronous reads, asynchronous writes'];
const ENDIAN = ['walks and data little-endian', 'walks and data big-endian'];
/** SCTLR_EL1, and SCTLR_EL2 with E2H = 1 but for three bits. */
const sctlrHigh = () => ({
  tidcp: flag(63, 'TIDCP', { note: 'traps IMPLEMENTATION DEFINED registers of EL0' }),
  spintmask: flag(62, 'SPINTMASK', { note: 'PSTATE.SP masks interrupts' }),
  nmi: flag(61, 'NMI', { note: 'interrupts may have superpriority' }),
  enTp2: flag(60, 'EnTP2', { note: 'EL0 may use TPIDR2_EL0' }),
  tcso: flag(59, 'TCSO', { note: 'tag checks stores only' }),
  tcso0: flag(58, 'TCSO0', { note: 'tag checks stores of EL0 only' }),
  epan: flag(57, 'EPAN', { note: 'PAN also holds for pages that EL0 may only execute' }),
  enAls: flag(56, 'EnALS', { note: 'EL0 may use LD64B and ST64B' }),
  enAs0: flag(55, 'EnAS0', { note: 'EL0 may use ST64BV0' }),
  enAsr: flag(54, 'EnASR', { note: 'EL0 may use ST64BV' }),
  tme: flag(53, 'TME', { note: 'transactions are allowed (FEAT_TME, withdrawn)' }),
  tme0: flag(52, 'TME0', { note: 'EL0 transactions are allowed (FEAT_TME, withdrawn)' }),
  tmt: flag(51, 'TMT', { note: 'transactions always fail (FEAT_TME, withdrawn)' }),
  tmt0: flag(50, 'TMT0', { note: 'EL0 transactions always fail (FEAT_TME, withdrawn)' }),
  twedel: bits(49, 46, 'TWEDEL', { note: 'traps of WFE are delayed by at least 2^(TWEDEL + 8) cycles' }),
  tweden: flag(45, 'TWEDEn', { note: 'TWEDEL applies' }),
  dssbs: flag(44, 'DSSBS', { note: 'PSTATE.SSBS after an exception' }),
  ata: flag(43, 'ATA', { note: 'allocation tags may be used' }),
  ata0: flag(42, 'ATA0', { note: 'EL0 may use allocation tags' }),
  tcf: bits(41, 40, 'TCF', { values: TAG_CHECK }),
  tcf0: bits(39, 38, 'TCF0', { values: TAG_CHECK }),
  itfsb: flag(37, 'ITFSB', { note: 'asynchronous tag check faults are collected on exception entry' }),
});
const sctlrMiddle = () => ({
  bt0: flag(35, 'BT0', { note: 'the same at EL0' }),
  enFpm: flag(34, 'EnFPM', { note: 'EL0 may use FPMR' }),
  mscEn: flag(33, 'MSCEn', { note: 'EL0 may use memory copy and set instructions' }),
  cmow: flag(32, 'CMOW', { note: 'cache maintenance of EL0 needs write permission' }),
  enIa: flag(31, 'EnIA', { note: 'instruction addresses are authenticated with key A' }),
  enIb: flag(30, 'EnIB', { note: 'instruction addresses are authenticated with key B' }),
  lsmaoe: flag(29, 'LSMAOE', { note: 'AArch32 load and store multiple are atomic and ordered' }),
  nTlsmd: flag(28, 'nTLSMD', { note: 'AArch32 load and store multiple to Device memory do not fault' }),
  enDa: flag(27, 'EnDA', { note: 'data addresses are authenticated with key A' }),
  uci: flag(26, 'UCI', { note: 'EL0 may maintain caches' }),
  ee: flag(25, 'EE', { values: ENDIAN }),
  e0e: flag(24, 'E0E', { note: 'EL0 data is big-endian' }),
  span: flag(23, 'SPAN', { note: 'exceptions leave PSTATE.PAN as it is' }),
  eis: flag(22, 'EIS', { note: 'exception entry synchronizes the context' }),
  iesb: flag(21, 'IESB', { note: 'exception entry and return synchronize errors' }),
  tscxt: flag(20, 'TSCXT', { note: 'EL0 may not use SCXTNUM_EL0' }),
  wxn: flag(19, 'WXN', { note: 'writable memory is not executable' }),
  nTwe: flag(18, 'nTWE', { note: 'EL0 may execute WFE' }),
  res17: res0(17),
  nTwi: flag(16, 'nTWI', { note: 'EL0 may execute WFI' }),
  uct: flag(15, 'UCT', { note: 'EL0 may read CTR_EL0' }),
  dze: flag(14, 'DZE', { note: 'EL0 may use DC ZVA' }),
  enDb: flag(13, 'EnDB', { note: 'data addresses are authenticated with key B' }),
  i: flag(12, 'I', { values: ['fetches are Non-cacheable', 'fetches are cacheable'] }),
  eos: flag(11, 'EOS', { note: 'exception return synchronizes the context' }),
  enRctx: flag(10, 'EnRCTX', { note: 'EL0 may use the prediction restriction instructions' }),
});
const sctlrLow = () => ({
  sed: flag(8, 'SED', { note: 'SETEND is undefined at EL0' }),
  itd: flag(7, 'ITD', { note: 'most IT instructions are undefined at EL0' }),
  nAa: flag(6, 'nAA', { note: 'unaligned atomics within 16 bytes do not fault' }),
  cp15ben: flag(5, 'CP15BEN', { note: 'EL0 may use the CP15 barriers' }),
  sa0: flag(4, 'SA0', { note: 'the EL0 stack pointer must be aligned' }),
  sa: flag(3, 'SA', { note: 'the stack pointer must be aligned' }),
});
const sctlrLowest = () => ({
  c: flag(2, 'C', { values: ['data accesses and walks are Non-cacheable', 'cacheable'] }),
  a: flag(1, 'A', { note: 'alignment checks' }),
  m: flag(0, 'M', { values: ['stage 1 off', 'stage 1 on'] }),
});
export const sctlrEl1Format = format(
  'arm64.SCTLR_EL1',
  { title: 'System Control Register, EL1', ref: arm('SCTLR_EL1') },
  () => ({
    ...sctlrHigh(),
    bt1: flag(36, 'BT1', { note: 'PACIASP and PACIBSP are no landing pads for an indirect branch' }),
    ...sctlrMiddle(),
    uma: flag(9, 'UMA', { note: 'EL0 may use DAIF' }),
    ...sctlrLow(),
    ...sctlrLowest(),
  }),
);
/** SCTLR_EL3, and SCTLR_EL2 with E2H = 0: there are no controls of EL0, and some of their places are RES1. */
const sctlrOneLevel = () => ({
  res63: res0(63),
  spintmask: flag(62, 'SPINTMASK', { note: 'PSTATE.SP masks interrupts' }),
  nmi: flag(61, 'NMI', { note: 'interrupts may have superpriority' }),
  res60: res0(60),
  tcso: flag(59, 'TCSO', { note: 'tag checks stores only' }),
  res54: res0(58, 54),
  tme: flag(53, 'TME', { note: 'transactions are allowed (FEAT_TME, withdrawn)' }),
  res52: res0(52),
  tmt: flag(51, 'TMT', { note: 'transactions always fail (FEAT_TME, withdrawn)' }),
  res45: res0(50, 45),
  dssbs: flag(44, 'DSSBS', { note: 'PSTATE.SSBS after an exception' }),
  ata: flag(43, 'ATA', { note: 'allocation tags may be used' }),
  res42: res0(42),
  tcf: bits(41, 40, 'TCF', { values: TAG_CHECK }),
  res38: res0(39, 38),
  itfsb: flag(37, 'ITFSB', { note: 'asynchronous tag check faults are collected on exception entry' }),
  bt: flag(36, 'BT', { note: 'PACIASP and PACIBSP are no landing pads for an indirect branch' }),
  res32: res0(35, 32),
  enIa: flag(31, 'EnIA', { note: 'instruction addresses are authenticated with key A' }),
  enIb: flag(30, 'EnIB', { note: 'instruction addresses are authenticated with key B' }),
  res28: res1(29, 28),
  enDa: flag(27, 'EnDA', { note: 'data addresses are authenticated with key A' }),
  res26: res0(26),
  ee: flag(25, 'EE', { values: ENDIAN }),
  res24: res0(24),
  res23: res1(23),
  eis: flag(22, 'EIS', { note: 'exception entry synchronizes the context' }),
  iesb: flag(21, 'IESB', { note: 'exception entry and return synchronize errors' }),
  res20: res0(20),
  wxn: flag(19, 'WXN', { note: 'writable memory is not executable' }),
  res18: res1(18),
  res17: res0(17),
  res16: res1(16),
  res14: res0(15, 14),
  enDb: flag(13, 'EnDB', { note: 'data addresses are authenticated with key B' }),
  i: flag(12, 'I', { values: ['fetches are Non-cacheable', 'fetches are cacheable'] }),
  eos: flag(11, 'EOS', { note: 'exception return synchronizes the context' }),
  res7: res0(10, 7),
  nAa: flag(6, 'nAA', { note: 'unaligned atomics within 16 bytes do not fault' }),
  res4: res1(5, 4),
  sa: flag(3, 'SA', { note: 'the stack pointer must be aligned' }),
  ...sctlrLowest(),
});
export const sctlrEl2Format = format(
  'arm64.SCTLR_EL2',
  { title: 'System Control Register, EL2, E2H = 0', ref: arm('SCTLR_EL2') },
  sctlrOneLevel,
);
/** With HCR_EL2.E2H = 1: the controls of EL0 stand where SCTLR_EL1 has them. */
export const sctlrEl2HostFormat = format(
  'arm64.SCTLR_EL2',
  { title: 'System Control Register, EL2, E2H = 1', ref: arm('SCTLR_EL2') },
  () => ({
    ...sctlrHigh(),
    bt: flag(36, 'BT', { note: 'PACIASP and PACIBSP are no landing pads for an indirect branch' }),
    ...sctlrMiddle(),
    res9: res0(9),
    ...sctlrLow(),
    ...sctlrLowest(),
  }),
);
export const sctlrEl3Format = format(
  'arm64.SCTLR_EL3',
  { title: 'System Control Register, EL3', ref: arm('SCTLR_EL3') },
  sctlrOneLevel,
);

// ------------------------------------------------------------------------------------------------------- families

const d128: (d: { readonly d128: Bit }) => Finding[] = d =>
  d.d128
    ? [
        {
          id: 'vmsav9-128',
          severity: 'error',
          bits: '5',
          message: 'D128 = 1: 128-bit descriptors (VMSAv9-128), which this decoder does not read',
          ref: arm('FEAT_D128'),
        },
      ]
    : [];
export const tcr2El1 = register(tcr2El1Format, { aliases: ['TCR2_EL1', 'TCR2_EL12'], findings: d128 });
export const tcr2El2 = register(tcr2El2Format, { aliases: ['TCR2_EL2'], findings: d128 });

export const hcr = register(hcrFormat, {
  aliases: ['HCR_EL2', 'hcr'],
  facts: d => {
    const host = d.e2h === 1 && d.tge === 1;
    return {
      el2Regime: d.e2h ? 'EL2&0' : 'EL2',
      stage2: host ? 'off: E2H and TGE are 1' : d.vm || d.dc ? 'on' : 'off',
      memAttr: d.fwb ? 'FWB = 1 encoding' : 'FWB = 0 encoding',
      stage1OfEl1: host || d.tge || d.dc ? 'off' : 'by SCTLR_EL1.M',
      ...(d.dc && !host ? { stage1Default: `Normal WB RWA${d.dct ? ' Tagged' : ''}, Non-shareable` } : {}),
      nestedEl1: d.nv === 1 && d.nv1 === 1,
    };
  },
});

export const hcrx = register(hcrxFormat, { aliases: ['HCRX_EL2', 'hcrx'] });

/** By NSE and NS; NSE without NS is reserved [Arm ARM, SCR_EL3.NSE]. */
const STATES = ['Secure', 'Non-secure', 'reserved', 'Realm'] as const;
export const scr = register(scrFormat, {
  aliases: ['SCR_EL3', 'scr'],
  facts: d => ({
    lowerLevels: STATES[2 * d.nse + d.ns] ?? '',
    secureEl2: d.eel2 === 1,
    secureExecutesNonSecure: d.sif === 0,
  }),
  findings: d =>
    d.nse && !d.ns
      ? [
          {
            id: 'reserved-encoding',
            severity: 'error',
            bits: '62,0',
            message: 'NSE = 1 with NS = 0 is reserved',
            ref: arm('SCR_EL3.NSE'),
          },
        ]
      : [],
});

const sctlrFacts = (d: Readonly<Record<'m' | 'c' | 'i' | 'wxn' | 'ee', Bit>>): Facts => ({
  stage1: d.m ? 'on' : 'off',
  data: d.c ? 'as mapped' : 'Normal memory is Non-cacheable, walks too',
  fetches: d.i ? 'as mapped' : 'Normal memory is Non-cacheable',
  writableExecutes: d.wxn === 0,
  endian: d.ee ? 'big' : 'little',
});
export const sctlrEl1 = register(sctlrEl1Format, {
  aliases: ['SCTLR_EL1', 'SCTLR_EL12', 'sctlr'],
  facts: sctlrFacts,
});
const el2Settings = { e2h: toggle('HCR_EL2.E2H: SCTLR_EL2 then has the controls of EL0', 0) } as const;
export const sctlrEl2 = register(
  (s: Settings<typeof el2Settings>) => (s.e2h ? sctlrEl2HostFormat : sctlrEl2Format) as typeof sctlrEl2Format,
  { aliases: ['SCTLR_EL2'], settings: el2Settings, facts: sctlrFacts, layouts: [{ e2h: 0 }, { e2h: 1 }] },
);
export const sctlrEl3 = register(sctlrEl3Format, { aliases: ['SCTLR_EL3'], facts: sctlrFacts });
