/** Registers as families: real values of real machines give what their kernels set up. */
import { describe, expect, test } from 'vitest';
import {
  hcr,
  hcrx,
  isar1,
  pfr0,
  pfr1,
  pfr2,
  scr,
  sctlrEl2,
  tcrEl1,
  tcrEl2,
  vtcr,
} from '../../../src/arm64/families.ts';
import { mair } from '../../../src/arm64/registers/attributes.ts';
import { esr, hpfar, mfar, par } from '../../../src/arm64/registers/fault.ts';
import { ctr, featuresOf } from '../../../src/arm64/registers/features.ts';
import { pir, por, s2pir, s2por } from '../../../src/arm64/registers/permissions.ts';
import { decodeAttr } from '../../../src/arm64/values/attributes.ts';
import { memoryName } from '../../../src/arm64/values/names.ts';
import { stage1Setup, stage2Setup } from '../../../src/arm64/walk/setup.ts';
import { settle } from '../../../src/bits/settings.ts';

describe('MAIR', () => {
  test('Linux: the six types of its MAIR_EL1', () => {
    const s = settle(mair.settings);
    expect(mair.read(0x0000_0004_0044_f0ffn, s).facts).toMatchObject({
      attr0: 'Normal WB RWA',
      attr1: 'Normal WB RWA Tagged',
      attr2: 'Normal NC',
      attr3: 'Device-nGnRnE',
      attr4: 'Device-nGnRE',
    });
  });

  test('all 256 bytes: so many have a type, by feature; the rest are UNPREDICTABLE', () => {
    const count = (xs: 0 | 1, mte2: 0 | 1): number =>
      Array.from({ length: 256 }, (_, byte) => decodeAttr(byte, { xs, mte2 })).filter(m => m).length;
    // 4 Device, 225 Normal; FEAT_XS adds 4 Device, 0x40 and 0xA0; FEAT_MTE2 adds 0xF0
    expect([count(0, 0), count(1, 0), count(0, 1), count(1, 1)]).toEqual([229, 235, 230, 236]);
  });

  test('the three encodings with a zero low nibble are never split', () => {
    const all = { xs: 1, mte2: 1 } as const;
    const name = (byte: number): string => {
      const memory = decodeAttr(byte, all);
      return memory ? memoryName(memory) : 'UNPREDICTABLE';
    };
    expect([0x40, 0xa0, 0xf0, 0x50].map(name)).toEqual([
      'Normal NC XS=0',
      'Normal WT RA XS=0',
      'Normal WB RWA Tagged',
      'UNPREDICTABLE',
    ]);
    expect([0xff, 0xbb, 0x44, 0x4f, 0x33, 0xc8, 0x05].map(name)).toEqual([
      'Normal WB RWA',
      'Normal WT RWA',
      'Normal NC',
      'Normal oNC iWB RWA',
      'Normal WT RWA Transient',
      'Normal oWB no-allocate iWT no-allocate',
      'Device-nGnRE XS=0',
    ]);
  });
});

describe('registers of machines that ran', () => {
  const a57 = { mmfr0: 0x1124n, mmfr1: 0n, mmfr2: 0n, features: 'full' } as const;

  test('KVM stage 2 on a Cortex-A57: 40-bit IPA, two concatenated tables at level 1', () => {
    expect(vtcr.read(0x8024_3558n, a57).facts).toMatchObject({
      granule: '4KB',
      inputBits: 40,
      outputBits: 44,
      valid: true,
      startLevel: 1,
      concatenatedTables: 2,
    });
  });

  test('Linux at EL1 with 48-bit addresses, and at EL2 with E2H = 1 in the same layout', () => {
    const el1 = tcrEl1.read(0x0050_0074_b550_3510n, a57);
    expect(el1).toMatchObject({
      findings: [],
      facts: {
        ttbr0: { granule: '4KB', inputBits: 48, outputBits: 44 },
        ttbr1: { granule: '4KB', inputBits: 48, walks: 'Inner Shareable, outer WB-RA-WA, inner WB-RA-WA' },
      },
    });
    const host = tcrEl2.read(0x0150_01f5_b550_3510n, settle(tcrEl2.settings, { e2h: 1 }));
    expect(host.facts).toMatchObject({
      ttbr0: { granule: '4KB', inputBits: 48, startLevel: 0, valid: true },
      ttbr1: { granule: '4KB', inputBits: 48, startLevel: 0, valid: true },
    });
    const nvhe = tcrEl2.read(0x8084_3510n, settle(tcrEl2.settings, { e2h: 0 }));
    expect(nvhe.facts).toMatchObject({ granule: '4KB', inputBits: 48, outputBits: 44, startLevel: 0 });
  });

  test('HCR_EL2 inside a guest and in a VHE host', () => {
    expect(hcr.read(0x403c_807c_263fn, settle(hcr.settings)).facts).toMatchObject({
      stage2: 'on',
      memAttr: 'FWB = 1 encoding',
    });
    expect(hcr.read(0x4_8800_0000n, settle(hcr.settings)).facts).toMatchObject({
      el2Regime: 'EL2&0',
      stage2: 'off: E2H and TGE are 1',
    });
  });

  test('CTR_EL0: without DIC and IDC new instructions need both caches maintained', () => {
    expect(ctr.read(0x8444_c004n, settle(ctr.settings)).facts).toMatchObject({
      dataLineBytes: 64,
      instructionLineBytes: 64,
      forNewInstructions: ['DC CVAU to the point of unification', 'IC IVAU', 'DSB, ISB'],
    });
  });

  test('PAR_EL1: an address with its type, and a fault with stage and level', () => {
    const s = settle(par.settings);
    expect(par.read(0xff00_0000_41e9_1b80n, s).facts).toMatchObject({
      pa: 0x41e9_1000n,
      memory: 'Normal WB RWA',
      shareability: 'Inner Shareable',
    });
    expect(par.read(0x0000_0000_0000_0a1fn, s)).toMatchObject({
      kind: 'fault',
      facts: { fault: 'Permission fault, level 3', stage: 2 },
    });
  });
});

describe('a register says what the manual says of it', () => {
  const ids = (findings: readonly { readonly id: string; readonly severity: string }[]) =>
    findings.map(({ id, severity }) => `${severity} ${id}`);

  test('PAR_EL1, F = 0: bit 11 is RES1 without FEAT_RME and NSE with it', () => {
    const reading = (word: bigint, rme: 0 | 1) => par.read(word, settle(par.settings, { rme }));
    expect(reading(0xff00_0000_41e9_1b80n, 0).findings).toEqual([]);
    expect(ids(reading(0xff00_0000_41e9_1380n, 0).findings)).toEqual(['note res1-clear']);
    expect(reading(0xff00_0000_41e9_1380n, 1).findings).toEqual([]);
    expect(reading(0xff00_0000_41e9_1b80n, 0).format.rows.some(({ name }) => name === 'NSE')).toBe(false);
  });

  test('SCTLR_EL2 has the controls of EL0 with E2H = 1 only', () => {
    const el2 = (word: bigint, e2h: 0 | 1) => sctlrEl2.read(word, settle(sctlrEl2.settings, { e2h }));
    expect(el2(0x30c5_0830n, 0).findings).toEqual([]); // the RES1 bits and EIS, EOS
    expect(el2(0x30c5_183dn, 0).facts).toMatchObject({ stage1: 'on', data: 'as mapped' });
    expect(ids(el2(0x34c5_0830n, 0).findings)).toEqual(['warning res0-set']); // UCI
    expect(el2(0x34c5_0830n, 1).findings).toEqual([]);
  });

  test('granule protection: EC 0x1e with its status and fault, MFAR_EL3 with its space', () => {
    expect(esr.read(0x7a00_0025n, {}).facts).toMatchObject({
      exception: 'Granule Protection Check exception',
      fault: 'Granule Protection fault on a walk, level 1',
      granuleProtection: 'GPT address size fault, level 0',
    });
    expect(esr.read(0x7a13_4068n, {})).toMatchObject({
      kind: 'granule-protection',
      facts: { access: 'fetch', granuleProtection: 'Granule protection fault, level 1' },
    });
    expect(mfar.read(0x8000_0000_8000_1000n, {}).facts).toEqual({ pa: 0x8000_1000n, pas: 'non-secure' });
  });

  test('the bits that name the reason of a Permission fault, of both kinds of abort and of both halves', () => {
    const because = (word: bigint) => (esr.read(word, {}).facts as { because?: string[] }).because;
    expect(because(0x40_9200_004fn)).toEqual(['Overlay']);
    expect(because(0x40_8200_000fn)).toEqual(['Overlay']);
    expect(because(0x20_8200_000fn)).toEqual(['DirtyBit']);
    expect(because(0x80_8200_000fn)).toEqual(['AssuredOnly']);
    expect(because(0x200_9200_004fn)).toEqual(['TagAccess']);
    expect(because(0x9220_008fn)).toEqual(['TopLevel']);
    expect(because(0x8220_000fn)).toEqual(['TopLevel']);
    expect(because(0x9320_008fn)).toBeUndefined(); // ISV = 1: bit 21 is SSE
    expect(because(0x9200_004fn)).toBeUndefined();
  });

  test('CM = 1 says nothing of the access', () => {
    expect(esr.read(0x9200_014fn, {}).facts).toMatchObject({
      access: 'cache maintenance or address translation',
    });
  });

  test('every exception class of the manual has its name', () => {
    const named = [
      ...[0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x0e, 0x11, 0x12, 0x13],
      ...[0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x24],
      ...[0x25, 0x26, 0x27, 0x28, 0x2c, 0x2d, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x38, 0x3a, 0x3c],
      0x3d,
    ];
    const nameless = Array.from({ length: 64 }, (_, ec) => ec).filter(ec =>
      /^exception class/.test(String(esr.read(BigInt(ec) << 26n, {}).facts.exception)),
    );
    expect([...named, ...nameless].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  test('SCR_EL3 names the state below it, HCRX_EL2 and the ID registers their fields', () => {
    expect(scr.read(0x4000_0000_0000_0431n, {}).facts).toMatchObject({ lowerLevels: 'Realm' });
    expect(scr.read(0x0000_0000_0000_0430n, {}).facts).toMatchObject({ lowerLevels: 'Secure' });
    expect(ids(scr.read(0x4000_0000_0000_0430n, {}).findings)).toEqual(['error reserved-encoding']);
    expect(hcrx.read(0x0000_0000_0040_c000n, {}).findings).toEqual([]);
    expect(pfr0.read(0x1101_0111_2112_0000n, {}).findings.every(({ severity }) => severity === 'note')).toBe(
      true,
    );
    expect(pfr1.read(0x0000_0000_0000_0321n, {}).findings).toEqual([]);
    expect(isar1.read(0x0100_0000_0000_0001n, {}).findings).toEqual([]);
    expect(ids(pfr2.read(0x8000_0000_0000_0001n, {}).findings)).toEqual(['note res0-set']);
  });

  test('FEAT_RME comes from ID_AA64PFR0_EL1', () => {
    expect(featuresOf({ pfr0: 0x0010_0000_0000_1111n }).rme).toBe(1);
    expect(featuresOf({ pfr0: 0x1111n }).rme).toBe(0);
  });

  test('POR_EL0: read, execute, write; the upper half leaves nothing', () => {
    const { facts, findings } = por.read(0x0000_0000_0000_8731n, {});
    expect(facts).toMatchObject({ perm0: 'r--', perm1: 'r-x', perm2: 'rwx', perm3: '---', perm4: '---' });
    expect(ids(findings)).toEqual(['note reserved-encoding']);
  });

  test('S2POR_EL1 has a name of its own, and its overlays mean what S2PIR_EL2 means', () => {
    const { facts, findings, format } = s2por.read(0x0000_0000_0000_9cf2n, {});
    expect(format.title).toBe('Stage 2 Permission Overlay Register: what stage 2 leaves by POIndex');
    expect(facts).toMatchObject({ perm0: 'r-- mro', perm1: 'rwx', perm2: 'rw-', perm3: 'r-u', perm4: '---' });
    expect(findings).toEqual([]);
  });
});

describe('faults and permission registers', () => {
  test('ESR_ELx of an oops, of a guest’s store to a read-only page, and of a fetch', () => {
    const facts = (word: bigint) => esr.read(word, {}).facts;
    expect(facts(0x9600_0006n)).toEqual({
      exception: 'Data Abort from the same level',
      access: 'read',
      fault: 'Translation fault, level 2',
      onWalk: false,
      farValid: true,
    });
    expect(facts(0x9200_004fn)).toMatchObject({ access: 'write', fault: 'Permission fault, level 3' });
    expect(facts(0x8200_000en)).toMatchObject({ access: 'fetch', fault: 'Permission fault, level 2' });
    expect(facts(0x9200_008bn)).toMatchObject({ onWalk: true, fault: 'Access flag fault, level 3' });
    expect(facts(0x5a00_0000n)).toEqual({ exception: 'HVC from AArch64' });
  });

  test('HPFAR_EL2 holds a page: bits 47:4 are IPA[55:12]', () => {
    expect(hpfar.read(0x0000_0000_0008_0120n, {}).facts).toEqual({ ipa: 0x801_2000n });
  });

  test('PIR_EL1 nibble by nibble; reserved encodings permit nothing and are remarked', () => {
    const reading = pir.read(0x0000_0000_ccce_a84cn, {});
    expect(reading.facts).toMatchObject({
      perm0: 'rw-',
      perm2: 'r--',
      perm3: 'r-x',
      perm4: 'rwx',
      perm1: '---',
    });
    expect(reading.findings).toMatchObject([{ id: 'reserved-encoding', severity: 'note', bits: '7:4' }]);
    expect(s2pir.read(0xfca8_6420n, {}).facts).toMatchObject({
      perm0: '---',
      perm1: 'r-- mro',
      perm2: '-w-',
      perm4: 'r--',
      perm5: 'r-p',
      perm7: 'rwx',
    });
  });
});

describe('from registers to the settings of a walk', () => {
  test('stage 2: FWB is HCR_EL2.FWB, not the feature', () => {
    const registers = { vtcr: 0x802d_3558n, vttbr: 0x0001_0000_4373_0001n };
    const on = stage2Setup({ ...registers, hcr: 0x403c_807c_263fn });
    const off = stage2Setup({ ...registers, hcr: 0x8000_0001n });
    expect([on.valid && on.settings.fwb, off.valid && off.settings.fwb]).toEqual([1, 0]);
    expect(on.valid && on.root.base).toBe(0x4373_0000n);
  });

  test('stage 1: TTBR1 with its own granule and size, WXN from SCTLR, types from MAIR', () => {
    const setup = stage1Setup({
      regime: 'EL1&0',
      tcr: 0x7_5117_516n,
      ttbr: 0x0002_0000_4009_0000n,
      range: 1,
      sctlr: 1n << 19n,
      mair: 0xffn,
    });
    expect(setup).toMatchObject({
      valid: true,
      regime: { granule: '16K', iaBits: 47, startLevel: 1 },
      root: { base: 0x4009_0000n, id: 2 },
      settings: { granule: '16K', wxn: 1, mair: 0xffn, regime: 'EL1&0' },
    });
  });

  test('an impossible combination answers with its sentence', () => {
    const setup = stage2Setup({ vtcr: 0x8045_062en, vttbr: 0n });
    expect(setup).toMatchObject({ valid: false, explain: expect.stringMatching(/start level 2/) });
  });
});

describe('TCR of a range that is off', () => {
  const read = (word: bigint) => tcrEl1.read(word, settle(tcrEl1.settings));
  test('what its size would do is not said: EPD1 = 1 beside T1SZ = 0', () => {
    const { facts, findings } = read(0x1_8080_3f20n);
    expect(facts.ttbr1).toEqual({ disabled: 'EPD1 = 1: every TLB miss faults' });
    expect(facts.ttbr0).toMatchObject({ inputBits: 32, valid: true });
    expect(findings).toEqual([]);
  });
  test('a reserved granule is a note: no walk reads it', () => {
    expect(read(0x1_0080_3520n).findings).toMatchObject([
      { id: 'reserved-encoding', severity: 'note', bits: '31:30' },
    ]);
    expect(read(0x1_8080_f5a0n).findings).toMatchObject([
      { id: 'reserved-encoding', severity: 'note', bits: '15:14' },
    ]);
    const host = tcrEl2.read(0x1_0080_3520n, settle(tcrEl2.settings, { e2h: 1 }));
    expect(host.findings).toMatchObject([{ id: 'reserved-encoding', severity: 'note' }]);
  });
  test('of a range that is walked it is an error', () => {
    const severities = read(0x1_0010_3520n).findings.map(({ severity }) => severity);
    expect(severities).toContain('error');
  });
});
