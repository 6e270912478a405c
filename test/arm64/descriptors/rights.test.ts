/** What an access gets of an entry now: dirty state, overlays, Security states, and who wrote the software bits. */
import { describe, expect, test } from 'vitest';
import { readStage1, type Stage1Settings, stage1Settings } from '../../../src/arm64/descriptors/stage1.ts';
import { readStage2, type Stage2Settings, stage2Settings } from '../../../src/arm64/descriptors/stage2.ts';
import { revealed } from '../../../src/arm64/walk/revealed.ts';
import { stage1Setup } from '../../../src/arm64/walk/setup.ts';
import { settle } from '../../../src/bits/settings.ts';

const stage1 = (word: bigint, given: Partial<Stage1Settings> = {}) =>
  readStage1(word, settle(stage1Settings, given));
const stage2 = (word: bigint, given: Partial<Stage2Settings> = {}) =>
  readStage2(word, settle(stage2Settings, given));
const ids = ({ findings }: { readonly findings: readonly { readonly id: string }[] }) =>
  findings.map(({ id }) => id);
const all = (nibble: number): bigint => BigInt(`0x${nibble.toString(16).repeat(16)}`);

describe('a write to a clean entry under indirect permissions', () => {
  const CLEAN2 = 0x0040_0000_4000_0743n;
  const indirect = { s2pie: 1, s2pir: all(0xc) } as const;

  test('stage 2: no write now, and why; with HA and HD writable-clean; a dirty entry is writable', () => {
    const now = stage2(CLEAN2, indirect);
    expect(now.facts).toMatchObject({ permissions: { r: 1, w: 0, wMmu: 0 }, granted: { r: 1, w: 1 } });
    expect(ids(now)).toEqual(['clean']);
    const managed = stage2(CLEAN2, { ...indirect, ha: 1, hd: 1 });
    expect(managed).toMatchObject({
      findings: [],
      facts: { permissions: { w: 1 }, dirtyState: 'writable-clean' },
    });
    expect(managed.facts.granted).toBeUndefined();
    const dirty = stage2(CLEAN2 | (1n << 7n), indirect);
    expect(dirty).toMatchObject({ findings: [], facts: { permissions: { w: 1 } } });
    expect(ids(stage2(CLEAN2, { s2pie: 1, s2pir: all(8) }))).toEqual([]); // read-only: nothing is lost
  });

  test('stage 1: nDirty = 1 alike', () => {
    const clean = 0x0060_0000_4000_0783n;
    const settings = { pie: 1, pir: all(5), pire0: all(5) } as const;
    const now = stage1(clean, settings);
    expect(now.facts.permissions).toMatchObject({ priv: { r: 1, w: 0 }, unpriv: { r: 1, w: 0 } });
    expect(ids(now)).toContain('clean');
    expect(stage1(clean, { ...settings, ha: 1, hd: 1 }).facts).toMatchObject({
      permissions: { priv: { w: 1 } },
      dirtyState: 'writable-clean',
    });
    expect(stage1(clean & ~(1n << 7n), settings).facts.permissions).toMatchObject({ priv: { w: 1 } });
  });
});

describe('permission overlays', () => {
  const PAGE = 0x5060_0000_4000_0743n; // POIndex 5, EL0 read and write
  test('an overlay that is not known is said by its field; a known one takes rights away', () => {
    const open = stage1(PAGE, { poe: 1 });
    expect(open.facts.permissions).toMatchObject({ priv: { w: 1 }, unpriv: { w: 1 } });
    expect(open.findings).toMatchObject([
      { id: 'overlay-unknown', message: expect.stringMatching(/POIndex = 5.*por.*pore0/) },
    ]);
    const known = stage1(PAGE, { poe: 1, por: all(7), pore0: 1n << 20n });
    expect(known).toMatchObject({
      findings: [],
      facts: { permissions: { priv: { r: 1, w: 1 }, unpriv: { r: 1, w: 0 } }, granted: { unpriv: { w: 1 } } },
    });
    expect(stage1(PAGE, { poe: 1, por: all(8), pore0: all(8) }).facts.permissions).toMatchObject({
      priv: { r: 0, w: 0 },
      unpriv: { r: 0, w: 0 },
    });
  });

  test('PIR 0b1xxx takes none; the WXN flag takes execution, and the write where an overlay is on', () => {
    const page = 0x5060_0000_4000_0703n;
    const at = (nibble: number, overlay: number) =>
      stage1(page, { pie: 1, poe: 1, pir: all(nibble), por: all(overlay), pore0: all(7) }).facts.permissions
        ?.priv;
    expect(at(0xe, 0)).toMatchObject({ r: 1, w: 1, x: 1 });
    expect(at(6, 7)).toMatchObject({ r: 1, w: 0, x: 1 });
    expect(at(6, 5)).toMatchObject({ r: 1, w: 1, x: 0 });
    expect(at(6, 3)).toMatchObject({ r: 1, w: 0, x: 1 });
    expect(at(7, 4)).toMatchObject({ r: 0, w: 1, x: 0 });
  });

  test('registers of a machine: POE and E0POE turn them on one by one', () => {
    const setup = (tcr2: bigint, por?: bigint, pore0?: bigint) => {
      const made = stage1Setup({ regime: 'EL1&0', tcr: 0x5_b550_3510n, ttbr: 0n, tcr2, por, pore0 });
      return made.valid ? made.settings : undefined;
    };
    expect(setup(0n)).toMatchObject({ por: 'off', pore0: 'off' });
    expect(setup(0b100n, undefined, 5n)).toMatchObject({ poe: 1, por: 'off', pore0: 5n });
    expect(setup(0b1000n)).toMatchObject({ poe: 1, por: 'unknown', pore0: 'off' });
  });
});

describe('Security states', () => {
  test('EL3 is Secure and executes, Root where somebody says so; what cannot be is said', () => {
    const page = 0x0000_0000_ff00_07c3n;
    expect(stage1(page, { regime: 'EL3' }).facts).toMatchObject({
      pas: 'secure',
      permissions: { priv: { x: 1 } },
    });
    expect(stage1(page, { regime: 'EL3', ss: 'root' }).facts).toMatchObject({
      pas: 'secure',
      permissions: { priv: { x: 0 } },
    });
    expect(settle(stage1Settings, { regime: 'EL3' }).ss).toBe('secure');
    expect(settle(stage1Settings, { regime: 'EL2' }).ss).toBe('ns');
    expect(ids(stage1(page, { regime: 'EL3', ss: 'ns' }))).toEqual(['no-such-regime']);
    expect(ids(stage1(page | (1n << 11n), { regime: 'EL3' }))).toEqual(['res0-set', 'looks-like-root']);
  });

  test('Secure state: SIF keeps it from Non-secure code, and no guarded control stack is in Non-secure memory', () => {
    const page = 0x0000_0000_4000_0763n; // NS = 1
    const secure = { ss: 'secure' } as const;
    expect(stage1(page & ~0x40n, secure).facts.permissions?.priv).toMatchObject({ x: 1 });
    expect(stage1(page & ~0x40n, { ...secure, sif: 1 }).facts.permissions?.priv).toMatchObject({ x: 0 });
    expect(stage1(page & ~0x60n, { ...secure, sif: 1 }).facts.permissions?.priv).toMatchObject({ x: 1 });
    const gcs = (ns: bigint) =>
      stage1(0x0060_0000_4000_0703n | (ns << 5n), { ...secure, pie: 1, pir: all(9) }).facts.permissions?.priv;
    expect(gcs(0n)).toMatchObject({ r: 1, gcs: 1 });
    expect(gcs(1n)).toMatchObject({ r: 1, gcs: 0 });
  });

  test('SCR_EL3 says the state below EL3, and NSE that there is Root', () => {
    const ss = (regime: 'EL1&0' | 'EL3', scr?: bigint) => {
      const tcr = regime === 'EL3' ? 0x8080_3520n : 0x5_b550_3510n;
      const made = stage1Setup({ regime, tcr, ttbr: 0n, scr });
      return made.valid ? made.settings.ss : made.explain;
    };
    const NSE = 1n << 62n;
    expect([undefined, 0x430n, 0x431n, NSE | 0x431n].map(scr => ss('EL1&0', scr))).toEqual([
      'ns',
      'secure',
      'ns',
      'realm',
    ]);
    expect([undefined, 0x430n, NSE | 0x431n].map(scr => ss('EL3', scr))).toEqual([
      'secure',
      'secure',
      'root',
    ]);
  });
});

describe('what an entry denies to some accesses only', () => {
  test('AssuredOnly and NoTagAccess', () => {
    expect(ids(stage2(0x0440_0000_0000_17ffn, { assuredOnly: 1 }))).toContain('assured-only');
    expect(ids(stage2(0x0040_0000_0000_17ffn, { mtePerm: 1, fwb: 1 }))).toContain('no-tag-access');
    expect(ids(stage2(0x0040_0000_0000_17dfn, { mtePerm: 1, fwb: 1 }))).not.toContain('no-tag-access');
  });
});

describe('software bits are read where their owner can have written them', () => {
  test('owner annotations of KVM, states of an RMM, types of Xen', () => {
    const software = (word: bigint, given: Partial<Stage2Settings> = {}) =>
      stage2(word, given).facts.software;
    expect(Object.keys(software(0x8n) ?? {})).toEqual(['Linux 6.12 KVM']);
    expect(software(0x8n, { owner: 'kvm' })).toEqual(software(0x8n));
    for (const owner of ['xen', 'windows', 'rmm', 'firmware'] as const)
      expect(software(0x8n, { owner })).toBeUndefined();
    expect(software(0x8n, { ss: 'realm' })).toEqual({
      'TF-RMM, HIPAS in [5:3]': 'assigned, empty, page 0x0',
    });
    expect(software(0x8000_0020n, { ss: 'realm' })).toEqual({
      'TF-RMM, HIPAS in [7:5]': 'assigned, empty, page 0x80000000',
      'TF-RMM, HIPAS in [4:2]': 'unassigned, RAM',
    });
    expect(software(0x0080_0000_0000_0000n, { ss: 'realm', owner: 'rmm' })).toMatchObject({
      'TF-RMM, HIPAS in [7:5]': 'unassigned, Non-secure',
    });
    expect(software(0x8n, { ss: 'realm', owner: 'kvm' })).toBeUndefined();
    expect(software(0x0080_0000_4000_07ffn, { owner: 'xen' })).toEqual({ Xen: 'p2m_ram_rw' });
    expect(stage1(0x0180_0000_4000_0743n).facts.software).toBeDefined();
    expect(stage1(0x0180_0000_4000_0743n, { owner: 'xen' }).facts.software).toBeUndefined();
  });

  test('the text says whose they are', () => {
    const owner = (value: string) =>
      revealed(
        { regime: { family: 'arm64.stage2' } },
        { registers: new Map(), facts: new Map([['owner', value]]) },
      ).owner;
    expect([owner('xen'), owner('kvm'), owner('u-boot')]).toEqual(['xen', 'kvm', 'firmware']);
  });
});
