/** A register that comes in by any door gives the same machine; what cannot be used is said by its name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { machineGiven, sourceOfFile } from '../../src/cli/run/machine.ts';
import { type Machine, machineFrom, saidOf, valuesOf } from '../../src/machine/machine.ts';
import { sourceOf } from '../../src/machine/read.ts';
import { REGISTER_NAMES, registerName } from '../../src/text/register-names.ts';
import { RegisterSyntaxError } from '../../src/text/registers.ts';
import { memattr } from '../cli/harness.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'memattr-doors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const first = ({ cpus }: Machine): ReadonlyMap<string, bigint> => valuesOf(cpus[0] ?? new Map());
const throughText = (text: string): ReadonlyMap<string, bigint> =>
  first(machineFrom([sourceOf(text, 'file')]));

const names = REGISTER_NAMES.flatMap(({ name, aliases }) =>
  [name, ...aliases].map(spelled => ({ name, spelled })),
);
const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('a name of the manuals or of a tool is one register, however it comes in', () => {
  test.each(names)('$spelled is $name', async ({ name, spelled }) => {
    expect(registerName(spelled)).toBe(name);
    expect(registerName(spelled.toLowerCase())).toBe(name);
    const word = 0x0102_0304_0506_0708n;
    const hex = `0x${word.toString(16)}`;
    const doors = [
      first(await machineGiven({ reg: [`${spelled}=${hex}`] })),
      throughText(JSON.stringify({ [spelled]: hex })),
      throughText(`{ "${spelled}": ${word} }`),
      throughText(`${spelled}=${hex}\n`),
    ];
    for (const registers of doors) expect(registers.get(name)).toBe(word);
  });

  test.each(REGISTER_NAMES.filter(({ msr }) => msr !== undefined))(
    'MSR $msr is $name',
    ({ name, msr = 0 }) => {
      const digits = msr.toString(16);
      for (const spelled of [
        `0x${digits}`,
        `MSR 0x${digits}`,
        `msr${digits}`,
        `msr[${digits}]`,
        `MSR_${digits}h`,
      ])
        expect(registerName(spelled)).toBe(name);
    },
  );
});

test('values keep all their digits through every door', async () => {
  await fc.assert(
    fc.asyncProperty(value, async word => {
      const hex = word.toString(16);
      expect(throughText(`{"CR3": "0x${hex}"}`).get('CR3')).toBe(word);
      expect(throughText(`{"CR3": ${word}}`).get('CR3')).toBe(word); // what Python's json.dump writes
      expect(throughText(`{"CR3": "${hex}"}`).get('CR3')).toBe(word);
      expect(first(await machineGiven({ reg: [], cr3: `0x${hex}` })).get('CR3')).toBe(word);
      expect(first(await machineGiven({ reg: [`CR3=${hex}`] })).get('CR3')).toBe(word);
    }),
  );
});

describe('what cannot be used is refused by its name', () => {
  test.each([
    ['{"CR3":"0x61fe000","CR4":"0x7z0ef0"}', /value of CR4 is no number of 64 bits: "0x7z0ef0"/],
    ['{"CR3": 1.5}', /value of CR3 is no number of 64 bits: "1\.5"/],
    ['{"CR3": -1}', /value of CR3 is no number of 64 bits: "-1"/],
    ['{"CR3": 18446744073709551616}', /value of CR3 is no number of 64 bits/],
    ['# Changes\n\nThe first version.\n', /no register of a translation/],
    ['{"PATT": 5}', /no register of a translation/],
  ])('%s', (text, says) => {
    expect(() => sourceOf(text, 'file')).toThrow(RegisterSyntaxError);
    expect(() => sourceOf(text, 'file')).toThrow(says);
  });

  test('a --reg that nobody knows, or that is given twice', async () => {
    await expect(machineGiven({ reg: ['PATT=1'] })).rejects.toThrow(
      /no register is called PATT; did you mean PAT/,
    );
    await expect(machineGiven({ reg: ['FOO=1'] })).rejects.toThrow(
      /no register is called FOO; memattr reg lists/,
    );
    await expect(machineGiven({ reg: ['CR3=1', 'IA32_PAT=2', 'PAT=3'] })).rejects.toThrow(
      /PAT is given twice: 0x2 .* 0x3/,
    );
    await expect(machineGiven({ reg: ['CR3'] })).rejects.toThrow(/--reg takes NAME=VALUE/);
  });

  test('a name one edit away from a register is said, and what is one value of two', () => {
    const said = saidOf(
      machineFrom([sourceOf('{"CR3":"1000","PATT":"5","IA32_PAT":"6","PAT":"7"}', 'vm.json')]),
    );
    expect(said).toEqual([
      'vm.json: no register is called PATT; did you mean PAT?',
      'vm.json: PAT is there twice: 0x6, which is taken, and 0x7',
    ]);
  });
});

test('a guest’s registers in a file are not its host’s', () => {
  const registers = throughText(
    '{"cpu":{"CR3":"0x1000"},"guest":{"CR3":"0x2000","PAT":"0x7040600070406"},"PAT":"0x1"}',
  );
  expect([registers.get('CR3'), registers.get('GUESTCR3')]).toEqual([0x1000n, 0x2000n]);
  expect([registers.get('PAT'), registers.get('GUESTPAT')]).toEqual([1n, 0x7040600070406n]);
});

test('of several sources the most trusted is believed, and who said otherwise is told', async () => {
  const file = join(folder, 'vm.json');
  writeFileSync(file, '{"CR3": "0x1000", "CR4": "0x20"}');
  const notes = sourceOf('{"CR3": "0x3000", "CR4": "0x30"}', 'notes');
  const machine = await machineGiven({ reg: [], cr3: '0x2000' }, await sourceOfFile(file), [notes]);
  expect([...first(machine)].sort()).toEqual([
    ['CR3', 0x2000n],
    ['CR4', 0x20n],
  ]);
  expect(saidOf(machine)).toEqual([`CR4: 0x20 (${file}) is taken, not 0x30 (notes)`]); // what is typed needs no word
});

test('the order of lines in a file changes nothing', () => {
  const lines = ['CR0=0x80050033', 'CR3=0x61fe000', 'CR4=0x750ef0', 'EFER=0xd01', 'PAT=0x0407050600070106'];
  const straight = [...throughText(lines.join('\n'))].sort();
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), shuffled => {
      expect([...throughText(shuffled.join('\n'))].sort()).toEqual(straight);
    }),
  );
});

test('what an ID register decides is said of it, not of the translation control beside it', async () => {
  const { out } = await memattr([
    ...['decode', '0x00600000404007fd', '--as', 'stage2'],
    ...['--vtcr', '0x80023558', '--reg', 'ID_AA64MMFR1_EL1=0'],
  ]);
  expect(out).toMatch(/from VTCR_EL2 \(--vtcr\): (?!.*xnx)/);
  expect(out).toMatch(/from ID_AA64MMFR1_EL1 \(--reg ID_AA64MMFR1_EL1\): xnx 0/);
});

describe('every verb that takes registers', () => {
  const dump = fileURLToPath(
    new URL('../../fixtures/real/x86/qemu-4level-160m/sparse.elf.zst', import.meta.url),
  );
  const VERBS: readonly (readonly [verb: string, ...args: string[]])[] = [
    ['decode', '0x3', '--as', 'stage2'],
    ['encode', 'stage2', 'af=1'],
    ['reg', 'CR4', '0'],
    ['explain-fault', '--esr', '0x92000045', '--far', '0'],
    ['explain-fault', '--esr', '0x92000045', '--far', '0', '--entries', '0x3'],
    ['effective', 'x86', '--pat', 'wb', '--mtrr', 'wb'],
    ['walk', dump],
    ['translate', dump, '0'],
    ['rmap', dump, '0'],
    ['lint', dump],
    ['diff', dump, dump],
    ['roots', dump],
  ];

  test.each(VERBS)(
    '%s %s %s: a name that is none is refused, with what it may have been',
    async (...args) => {
      const { err, out, status } = await memattr([...args, '--reg', 'CR44=1']);
      expect({ err, out, status }).toEqual({
        err: `memattr ${args[0]}: --reg CR44=1: no register is called CR44; did you mean CR4?\n`,
        out: '',
        status: 2,
      });
    },
  );

  test.each(VERBS)('%s %s %s: a file without registers is refused by its name', async (...args) => {
    const file = join(folder, 'none.txt');
    writeFileSync(file, 'CR44=1\n');
    const { err, out, status } = await memattr([...args, '-r', file]);
    expect(err).toMatch(new RegExp(`^memattr ${args[0]}: ${file}: no register of a translation`));
    expect({ out, status }).toEqual({ out: '', status: 3 });
  });

  const OPTIONS = [
    ['VTCR_EL2', 'vtcr', 0x1800e3558n],
    ['HCR_EL2', 'hcr', 0x400c807f223fn],
  ] as const;
  test.each([
    ['decode', '0x400000602004c7', '--as', 'stage2', '--json'],
    ['encode', 'stage2', '--type', 'wb', '--oa', '0x60200000', '--json'],
    [
      'explain-fault',
      '--el',
      '2',
      '--esr',
      '0x9200000f',
      '--far',
      '0',
      '--hpfar',
      '0',
      '--entries',
      '0x400000602004c7',
      '--json',
    ],
  ])('%s: the answer is the same through options, --reg, JSON and NAME=value', async (...args) => {
    const json = join(folder, 'vm.json');
    writeFileSync(
      json,
      JSON.stringify(Object.fromEntries(OPTIONS.map(([name, , word]) => [name, Number(word)]))),
    );
    const text = join(folder, 'vm.txt');
    writeFileSync(text, OPTIONS.map(([name, , word]) => `${name}=${word.toString(16)}\n`).join(''));
    const doors = [
      OPTIONS.flatMap(([, option, word]) => [`--${option}`, word.toString(16)]),
      OPTIONS.flatMap(([name, , word]) => ['--reg', `${name}=0x${word.toString(16)}`]),
      ['-r', json],
      ['-r', text],
    ];
    // where a register came from is said, and is all that differs
    const answer = async (...door: string[]): Promise<unknown> => {
      const { out, status } = await memattr([...args, ...door]);
      return { record: JSON.parse(out, (key, of) => (key === 'source' ? undefined : of)), status };
    };
    const [first, ...others] = await Promise.all(doors.map(door => answer(...door)));
    for (const other of others) expect(other).toEqual(first);
    expect(await answer()).not.toEqual(first);
  });
});
