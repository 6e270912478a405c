/** What somebody pasted, read by a program: the command line's own tests are `test/cli/decode-text.test.ts`. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { once } from '../../src/bits/once.ts';
import { knownFrom, machineFrom } from '../../src/machine/machine.ts';
import { familyOf } from '../../src/pasted/entry.ts';
import { type Asked, type PastedBatch, type PastedEnd, readPasted } from '../../src/pasted/read.ts';
import { UnknownFormatError } from '../../src/text/read.ts';
import { sample } from '../text/samples.ts';

function whole(
  text: string | Iterable<string>,
  asked: Asked = {},
): PastedBatch & { readonly end: PastedEnd } {
  const batches = [...readPasted(text, asked)];
  expect(batches).toHaveLength(1);
  const { end, ...batch } = batches[0] as PastedBatch;
  return { ...batch, end: end as PastedEnd };
}
const besideOf = (registers: Readonly<Record<string, bigint>>) =>
  machineFrom([{ cpus: [knownFrom(Object.entries(registers), { kind: 'given', where: '--reg' })] }]);
const readingsOf = (text: string, asked: Asked = {}) => [...whole(text, asked).readings.values()];

describe('a text', () => {
  test('every entry of an oops, with what the text gave', () => {
    const { readings, items, end } = whole(sample('arm64/oops-a57.txt'));
    const families = [...readings.values()].map(({ family }) => family.id);
    expect(new Set(families)).toEqual(new Set(['arm64.stage1']));
    expect(readings.size).toBe(items.filter(({ is }) => is === 'entry').length);
    for (const { given } of readings.values()) expect(given).toMatchObject({ granule: '4K' });
    expect(end.recognised.parts[0]?.id).toBe('arm64.oops');
    expect(end.assumed.map(({ family }) => family.id)).toEqual(['arm64.stage1']);
  });

  test('in chunks of any size it is the same', () => {
    const text = sample('qemu-npt/xp.txt');
    const told = (chunks: string | Iterable<string>) =>
      [...whole(chunks).readings].map(([{ line, word }, { family, settings }]) => [
        line,
        word,
        family.id,
        settings,
      ]);
    const chunks = text.match(/[\s\S]{1,7}/g) ?? [];
    expect(chunks.length).toBeGreaterThan(100);
    expect(told(chunks)).toEqual(told(text));
  });

  test('an empty one: one batch that says so', () => {
    expect(whole('')).toMatchObject({ items: [], end: { recognised: { parts: [] }, faulty: false } });
  });

  test('a format that is none', () => {
    expect(() => [...readPasted('0x67\n', { as: 'no.such' })]).toThrow(UnknownFormatError);
  });

  test('a warning or an error anywhere is faulty', () => {
    const entry = (word: string) => `(qemu) xp /1gx 0x1000\n0000000000001000: ${word}\n`;
    expect(whole(entry('0x0000000000002067'), { family: familyOf('x86.pte') }).end.faulty).toBe(false);
    expect(whole(entry('0x0000000000002007'), { family: familyOf('x86.ept') }).end.faulty).toBe(false);
    expect(whole(entry('0x0000000000002002'), { family: familyOf('x86.ept') }).end.faulty).toBe(true);
  });
});

describe('batches', () => {
  const rows = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, i) =>
        `${(0x1000 + 8 * i).toString(16).padStart(16, '0')}: 0x${(0x67 + 4096 * i).toString(16).padStart(16, '0')}\n`,
    );

  /** Each batch of 45 000 entries, and how many rows had been read when it came. */
  const batches = once(() => {
    let read = 0;
    const chunks = function* (): Generator<string> {
      for (const row of rows(45_000)) {
        read++;
        yield row;
      }
    };
    return Array.from(readPasted(chunks()), ({ items, end }) => ({ items: items.length, end, read }));
  });

  test('a long listing is answered as it comes; the last batch alone says what it was', () => {
    expect(batches().map(({ items }) => items)).toEqual([40_000, 5_000]);
    expect(batches().map(({ end }) => end === undefined)).toEqual([true, false]);
  });

  test('nothing is read before it is asked for', () => expect(batches()[0]?.read).toBeLessThan(41_000));
});

describe('what is asked', () => {
  const text = '(qemu) xp /2gx 0x1000\n0000000000001000: 0x0060000040000f5b 0x0000000000000000\n';

  test('a family stands above what the words look like', () => {
    expect(readingsOf(text, { family: familyOf('x86.npt') }).map(({ family }) => family.id)).toEqual([
      'x86.npt',
      'x86.npt',
    ]);
  });

  test('settings stand above what the text reveals', () => {
    const oops = sample('arm64/oops-a57.txt');
    for (const { settings } of readingsOf(oops, { given: () => ({ granule: '64K' }) }))
      expect(settings.granule).toBe('64K');
  });

  test('registers beside the text decide what its words are read under', () => {
    const machine = besideOf({ HCR_EL2: 1n << 46n });
    const family = familyOf('arm64.stage2');
    expect(readingsOf(text, { family })[0]?.settings.fwb).toBe(0);
    const [entry] = readingsOf(text, { family, machine });
    expect(entry).toMatchObject({ settings: { fwb: 1 }, given: { fwb: 1 } });
    expect(whole(text, { family, machine }).end.machine.cpus[0]?.get('HCR_EL2')).toEqual({
      value: 1n << 46n,
      origin: { kind: 'given', where: '--reg' },
    });
  });

  test('registers beside the text say where its tables lie', () => {
    const machine = besideOf({ CR0: 0x8000_0001n, CR3: 0x1000n, CR4: 0x20n, EFER: 0x500n });
    const page = '(qemu) xp /1gx 0x1000\n0000000000001000: 0x0000000000002067\n';
    expect(readingsOf(page, { machine })[0]).toMatchObject({ settings: { level: 4, mode: '4l' } });
  });
});

test('a 32-bit entry of a text that says no mode is one of 32-bit paging', () => {
  const { end, readings } = whole('00002067\n00003067\n', {
    as: 'words',
    family: familyOf('x86.pte'),
  });
  for (const [{ width }, { settings }] of readings) {
    expect(width).toBe(32);
    expect(settings.mode).toBe('32');
  }
  expect(readings.size).toBe(2);
  expect(end.leftAlone).toBe(0);
});

test('words at virtual addresses beside tables that are known are left alone, unless a family is named', () => {
  const text = sample('arm64/gdb-a57.txt');
  const left = whole(text);
  expect(left.end.leftAlone).toBeGreaterThan(0);
  expect(left.readings.size + left.end.leftAlone).toBe(left.items.filter(({ is }) => is === 'entry').length);
  expect(whole(text, { family: familyOf('arm64.stage1') }).end.leftAlone).toBe(0);
});

describe('registers', () => {
  const { register } = whole('CR0=80000001\n');
  test.each([
    ['CR4', 'x86.CR4'],
    ['PAT', 'x86.IA32_PAT'],
    ['MAIR_EL1', 'arm64.MAIR_ELx'],
  ])('%s has the layout %s', (name, id) => {
    expect(register({ name, value: 0n })?.family.id).toBe(id);
  });
  test('general ones have none', () => expect(register({ name: 'rax', value: 0n })).toBeUndefined());
});

test('a web page can bundle it: nothing of Node is in it', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/pasted/read.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  expect(outputFiles[0]?.text).toContain('readPasted');
});
