import { describe, expect, test } from 'vitest';
import {
  choice,
  integer,
  known,
  parseSettings,
  register,
  SettingError,
  settle,
  toggle,
} from '../../src/bits/settings.ts';

const table = {
  granule: choice(['4K', '16K', '64K'], 'granule', '4K'),
  level: integer(-1, 3, 'level', 3),
  ds: toggle('DS', 0),
  pir: register('PIR', 5n),
  mair: known('MAIR'),
} as const;

test('what is not given has its default', () => {
  expect(settle(table)).toEqual({ granule: '4K', level: 3, ds: 0, pir: 5n, mair: 'unknown' });
  expect(settle(table, { level: -1, ds: 1 })).toEqual({
    granule: '4K',
    level: -1,
    ds: 1,
    pir: 5n,
    mair: 'unknown',
  });
});

describe('settings are read from text', () => {
  test.each([
    [{ granule: '16k' }, { granule: '16K' }],
    [{ GRANULE: '64K' }, { granule: '64K' }],
    [{ level: '-1' }, { level: -1 }],
    [{ level: '+2' }, { level: 2 }],
    [{ level: ' 0x3 ' }, { level: 3 }],
    [{ ds: 'on' }, { ds: 1 }],
    [{ ds: 'No' }, { ds: 0 }],
    [{ ds: 'true' }, { ds: 1 }],
    [{ pir: '0xffff_ffff_ffff_ffff' }, { pir: 0xffffffffffffffffn }],
    [{ mair: 'Unknown' }, { mair: 'unknown' }],
    [{ mair: '255' }, { mair: 0x255n }],
    [{}, {}],
  ])('%j', (pairs, wanted) => expect(parseSettings(table, pairs as Record<string, string>)).toEqual(wanted));

  test.each([
    [{ granule: '8K' }, "setting granule: '8K' is not one of 4K, 16K, 64K"],
    [{ level: '4' }, "setting level: '4' is not a number from -1 to 3"],
    [{ level: '1.5' }, "setting level: '1.5' is not a number from -1 to 3"],
    [{ level: '' }, "setting level: '' is not a number from -1 to 3"],
    [{ level: '0xzz' }, "setting level: '0xzz' is not a number from -1 to 3"],
    [{ ds: '2' }, "setting ds: '2' is not 0 or 1"],
    [{ pir: 'many' }, "setting pir: 'many' is not a number"],
    [{ pir: '0x10000000000000000' }, "setting pir: '0x10000000000000000' needs more than 64 bits"],
    [{ nope: '1' }, "no setting 'nope'; there are granule, level, ds, pir, mair"],
  ])('%j is refused', (pairs, message) => {
    expect(() => parseSettings(table, pairs as Record<string, string>)).toThrow(SettingError);
    expect(() => parseSettings(table, pairs as Record<string, string>)).toThrow(message);
  });

  test('each setting refuses with a SettingError of its own, too', () => {
    for (const setting of Object.values(table)) expect(() => setting.parse('?')).toThrow(SettingError);
  });
});
