import { expect, describe as group, test } from 'vitest';
import type { Finding } from '../../../src/bits/codec.ts';
import { nptSetup, type Stage1Registers, stage1Setup, stage2Setup } from '../../../src/x86/walk/setup.ts';

const linux = { cr0: 0x80050033n, cr3: 0x487c000n, cr4: 0x3506f0n, efer: 0xd01n };
interface Said {
  readonly findings?: readonly Finding[];
}
/** What the regime and the root register have to say. */
const ids = ({ regime, root }: { readonly regime: object; readonly root?: Said }) =>
  [...((regime as Said).findings ?? []), ...(root?.findings ?? [])].map(({ id }) => id);
function paging(registers: Stage1Registers) {
  const setup = stage1Setup(registers);
  if (!setup.valid) throw new Error(setup.explain);
  return setup;
}

group('ordinary paging', () => {
  test('four levels', () => {
    const { regime, root, settings } = paging(linux);
    expect(regime).toMatchObject({ mode: '4l', inputBits: 48, entryBytes: 8, findings: [] });
    expect(root).toMatchObject({ base: 0x487c000n, findings: [] });
    expect(regime.levels.map(({ shift }) => shift)).toEqual([12, 21, 30, 39]);
    expect(settings).toMatchObject({ mode: '4l', nxe: 1, pse: 1 });
  });
  test('five levels', () => {
    expect(paging({ ...linux, cr4: linux.cr4 | 0x1000n }).regime).toMatchObject({
      mode: '5l',
      inputBits: 57,
    });
  });
  test('PAE', () => {
    const { regime, root } = paging({ ...linux, cr3: 0x12345fe0n, efer: 0n });
    expect(regime).toMatchObject({ mode: 'pae', inputBits: 32, entryBytes: 8 });
    expect(root).toEqual({ base: 0x12345fe0n, findings: [] });
    expect(regime.levels.map(({ indexBits }) => indexBits)).toEqual([9, 9, 2]);
  });
  test('32-bit', () => {
    const { regime, root } = paging({ cr0: 0x80050033n, cr3: 0x1cb0018n, cr4: 0x690n & ~0x20n, efer: 0n });
    expect(regime).toMatchObject({ mode: '32', entryBytes: 4, inputBits: 32 });
    expect(root).toMatchObject({ base: 0x1cb0000n, patIndex: 3 });
  });
  test('no paging', () =>
    expect(stage1Setup({ ...linux, cr0: 0x11n, efer: 0x100n })).toMatchObject({
      valid: false,
      explain: 'CR0.PG = 0: paging is off',
      regime: { reason: 'paging-off', findings: [] },
    }));
  test('PCIDs', () => {
    expect(paging({ ...linux, cr3: 0x6148004n, cr4: 0x3726f0n }).root).toMatchObject({
      id: 4,
      base: 0x6148000n,
      patIndex: 0,
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
  ])('%o cannot be', (wrong, findings) => expect(ids(stage1Setup({ ...linux, ...wrong }))).toEqual(findings));
});

group('EPT', () => {
  test('KVM’s pointer', () => {
    const setup = stage2Setup({ eptp: 0x79f605en, capabilities: { maxphyaddr: 39 }, entries: { mbec: 1 } });
    expect(setup).toMatchObject({
      regime: { inputBits: 48 },
      root: { base: 0x79f6000n, findings: [] },
      settings: { ad: 1, sss: 0, mbec: 1, maxphyaddr: 39 },
    });
  });
  test('the supervisor shadow-stack control, where the processor has it', () => {
    const eptp = 0x79f609en;
    expect(stage2Setup({ eptp, capabilities: { sss: 1 } })).toMatchObject({ settings: { ad: 0, sss: 1 } });
    expect(stage2Setup({ eptp })).toMatchObject({ settings: { ad: 0, sss: 0 } });
  });
  test('five levels; lengths that cannot be', () => {
    expect(stage2Setup({ eptp: 0x1026n }).regime).toMatchObject({ inputBits: 57 });
    expect(ids(stage2Setup({ eptp: 0x1016n }))).toEqual(['eptp-walk-length']);
  });
});

group('nested paging', () => {
  test('the host’s mode at VMRUN', () => {
    const host = { cr0: 0x80050033n, cr4: 0x3506f0n, efer: 0x1d01n };
    const processor = { maxphyaddr: 40 };
    expect(nptSetup({ ...host, ncr3: 0x72e6000n, processor })).toMatchObject({
      regime: { mode: '4l', findings: [] },
      root: { base: 0x72e6000n, findings: [] },
    });
    expect(ids(nptSetup({ ...host, ncr3: 1n << 45n, processor }))).toEqual(['address-above-maxphyaddr']);
    expect(ids(nptSetup({ ...host, cr0: 0x11n, efer: 0x1901n, ncr3: 0n }))).toEqual(['npt-without-paging']);
  });
});
