import { expect, describe as group, test } from 'vitest';
import { eptRegime, nptRegime, ordinaryRegime } from '../../../src/x86/walk/regime.ts';

const linux = { cr0: 0x80050033n, cr3: 0x487c000n, cr4: 0x3506f0n, efer: 0xd01n };
const ids = ({ findings }: { readonly findings: readonly { readonly id: string }[] }) =>
  findings.map(({ id }) => id);

group('ordinary paging', () => {
  test('four levels', () => {
    const regime = ordinaryRegime(linux);
    expect(regime).toMatchObject({
      kind: 'ordinary',
      mode: '4l',
      root: 0x487c000n,
      inputBits: 48,
      entryBytes: 8,
      findings: [],
    });
    if (regime.kind !== 'ordinary') return;
    expect(regime.levels.map(({ shift }) => shift)).toEqual([12, 21, 30, 39]);
    expect(regime.settings(2)).toMatchObject({ mode: '4l', level: 2, nxe: 1, pse: 1 });
    expect(regime.settings(2)).toBe(regime.settings(2));
  });
  test('five levels', () => {
    expect(ordinaryRegime({ ...linux, cr4: linux.cr4 | 0x1000n })).toMatchObject({
      mode: '5l',
      inputBits: 57,
    });
  });
  test('PAE', () => {
    const regime = ordinaryRegime({ ...linux, cr3: 0x12345fe0n, efer: 0n });
    expect(regime).toMatchObject({ mode: 'pae', root: 0x12345fe0n, inputBits: 32, entryBytes: 8 });
    if (regime.kind === 'ordinary')
      expect(regime.levels.map(({ indexBits }) => indexBits)).toEqual([9, 9, 2]);
  });
  test('32-bit', () => {
    const regime = ordinaryRegime({ cr0: 0x80050033n, cr3: 0x1cb0018n, cr4: 0x690n & ~0x20n, efer: 0n });
    expect(regime).toMatchObject({
      mode: '32',
      root: 0x1cb0000n,
      rootPatIndex: 3,
      entryBytes: 4,
      inputBits: 32,
    });
  });
  test('no paging', () =>
    expect(ordinaryRegime({ ...linux, cr0: 0x11n, efer: 0x100n })).toEqual({ kind: 'off', findings: [] }));
  test('PCIDs', () => {
    expect(ordinaryRegime({ ...linux, cr3: 0x6148004n, cr4: 0x3726f0n })).toMatchObject({
      pcid: 4,
      root: 0x6148000n,
      rootPatIndex: 0,
    });
  });
  test.each([
    [{ cr4: 0x10n }, ['long-mode-without-pae']],
    [{ efer: 0x901n }, ['lma-mismatch']],
    [{ efer: 0n, cr4: 0x20020n }, ['pcide-outside-long-mode']],
    [{ efer: 0n, cr4: 0x1020n }, ['la57-outside-long-mode']],
    [{ cr0: 0x80000001n, cr4: 0x800020n }, ['cet-without-wp']],
    [{ cr0: 0xa0010001n }, ['nw-without-cd']],
    [{ cr0: 0x80010000n }, ['paging-without-protection']],
    [{ cr3: 1n << 63n }, ['reserved-set']],
  ])('%o cannot be', (wrong, findings) =>
    expect(ids(ordinaryRegime({ ...linux, ...wrong }))).toEqual(findings),
  );
});

group('EPT', () => {
  test('KVM’s pointer', () => {
    const regime = eptRegime(0x79f605en, { maxphyaddr: 39 }, { mbec: 1 });
    expect(regime).toMatchObject({ kind: 'ept', root: 0x79f6000n, inputBits: 48, findings: [] });
    expect(regime.settings(1)).toMatchObject({ ad: 1, sss: 0, mbec: 1, maxphyaddr: 39, level: 1 });
  });
  test('five levels; lengths that cannot be', () => {
    expect(eptRegime(0x1026n)).toMatchObject({ inputBits: 57 });
    expect(ids(eptRegime(0x1016n))).toEqual(['eptp-walk-length']);
  });
});

group('nested paging', () => {
  test('the host’s mode at VMRUN', () => {
    const host = { cr0: 0x80050033n, cr4: 0x3506f0n, efer: 0x1d01n };
    const regime = nptRegime({ ...host, ncr3: 0x72e6000n }, { maxphyaddr: 40 });
    expect(regime).toMatchObject({ kind: 'npt', mode: '4l', root: 0x72e6000n, findings: [] });
    expect(ids(nptRegime({ ...host, ncr3: 1n << 45n }, { maxphyaddr: 40 }))).toEqual([
      'address-above-maxphyaddr',
    ]);
    expect(ids(nptRegime({ ...host, cr0: 0x11n, efer: 0x1901n, ncr3: 0n }))).toEqual(['npt-without-paging']);
  });
});
