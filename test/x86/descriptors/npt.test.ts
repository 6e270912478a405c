import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../../src/bits/codec.ts';
import { settle } from '../../../src/bits/settings.ts';
import { npt } from '../../../src/x86/descriptors/families.ts';
import { type NptSettings, nptSettings, readNpt } from '../../../src/x86/descriptors/npt.ts';
import { readStage1, type Stage1Settings, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { PATS } from '../../../src/x86/values/pat.ts';
import { anyWord, settingsOf } from '../../support/arbitrary.ts';

const at = (given: Partial<NptSettings> = {}): NptSettings =>
  settle(nptSettings, { maxphyaddr: 40, ...given });

test('reads like an AMD host’s own entry of the same mode', () => {
  fc.assert(
    fc.property(anyWord, settingsOf(npt.settings), (word, settings) => {
      const s = settings as unknown as NptSettings;
      const host = readStage1(
        word,
        settle(stage1Settings, { ...s, vendor: 'amd' } as Partial<Stage1Settings>),
      );
      const nested = readNpt(word, s);
      expect(nested.format).toBe(host.format);
      expect(nested.kind).toBe(host.kind);
      expect(nested.facts).toMatchObject({ ...(host.facts.oa === undefined ? {} : { oa: host.facts.oa }) });
      expect(nested.facts.reservedFault).toBe(host.facts.reservedFault);
    }),
  );
});

test('every nested access is a user access', () => {
  expect(readNpt(0x1063n, at()).findings.map(({ id }) => id)).toEqual(['npt-supervisor']);
  expect(readNpt(0x1063n, at()).facts.userFault).toBe(true);
  expect(readNpt(0x1067n, at()).findings).toEqual([]);
  expect(readNpt(0x3n, at({ mode: 'pae', level: 3 })).facts.userFault).toBe(false); // a PDPTE has no U/S
});

test('GMET and SSS give U/S = 0 a use', () => {
  const supervisor = readNpt(0x1063n, at({ gmet: 1 }));
  expect(supervisor.facts).toMatchObject({ userFault: false, fetches: 'supervisor' });
  expect(supervisor.findings).toMatchObject([{ id: 'npt-supervisor', severity: 'note' }]);
  expect(readNpt(0x1067n, at({ gmet: 1 })).facts).toMatchObject({ userFault: false, fetches: 'user' });
  expect(readNpt((1n << 63n) | 0x1067n, at({ gmet: 1 })).facts.fetches).toBe('none');
  const shadow = (1n << 63n) | 0x1063n;
  expect(readNpt(shadow, at({ sss: 1 })).facts).toMatchObject({
    userFault: false,
    supervisorShadowStack: true,
  });
  expect(readNpt(0x1063n, at({ sss: 1 })).facts.supervisorShadowStack).toBe(false);
});

test('the host’s PAT names the type', () => {
  expect(readNpt(0x100fn, at({ pat: PATS.linux })).facts.memory).toBe('WC');
});

test('KVM: software bits and MMIO entries', () => {
  expect(readNpt(0x29d0e67n, at()).facts.software).toEqual({
    'Linux 6.12 KVM': 'MMU-present, host-writable, MMU-writable, A/D bits in use',
  });
  const { facts, kind } = readNpt(0x80000d00000c7n, at());
  expect(kind).toBe('page4k');
  expect(facts.reservedFault).toBe(true);
  expect(facts.mmio).toEqual({ gfn: 0xd0000n, generation: 0x18, access: 6 });
  expect(readNpt(0x80000d00000c7n, at({ maxphyaddr: 52 })).facts.mmio).toBeUndefined();
});

test('intent: nested pages are user pages', () => {
  const s = at({ pat: PATS.linux });
  const { kind, fields } = npt.intent?.({ type: 'wb', perm: 'rw-', oa: 0x2000n }, s) ?? {
    kind: '',
    fields: {},
  };
  const layout = npt.layout(kind, s);
  expect(layout && encode(layout, fields)).toBe(0x8000000000002007n);
});
