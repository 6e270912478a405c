import { describe, expect, test } from 'vitest';
import { knownFrom, machineFrom } from '../../src/machine/machine.ts';
import { Knowledge } from '../../src/pasted/context.ts';
import type { Item, ItemBody } from '../../src/text/model.ts';

const item = (body: ItemBody, group = 0, from = 'words'): Item =>
  ({ ...body, from, group, line: 1, raw: '' }) as Item;
const register = (name: string, value: bigint, group = 0): Item =>
  item({ is: 'register', name, value }, group);

function knowing(items: readonly Item[], ...beside: ConstructorParameters<typeof Knowledge>): Knowledge {
  const known = new Knowledge(...beside);
  for (const one of items) known.take(one);
  return known;
}

describe('the text as a whole, and its groups', () => {
  const known = knowing([
    register('CR4', 0x20n),
    register('CR3', 0x1000n, 1),
    register('CR3', 0x2000n, 2),
    register('CR4', 0x1020n, 2),
    item({ is: 'fact', name: 'MAXPHYADDR', value: 46n }),
  ]);

  test('an item has what its group says above what the text says', () => {
    expect([...known.contextOf(1).registers]).toEqual([
      ['CR4', 0x1000n + 0x20n],
      ['CR3', 0x1000n],
    ]);
    expect(known.contextOf(2).registers.get('CR3')).toBe(0x2000n);
    expect(known.contextOf(1).facts.get('MAXPHYADDR')).toBe(46n);
  });

  test('the text as a whole knows the last value of each', () => {
    expect(known.contextOf(0).registers.get('CR3')).toBe(0x2000n);
    expect(known.contextOf(99)).toEqual(known.contextOf(0));
  });

  test('each group with registers is a CPU', () => {
    expect(known.cpus().map(registers => registers.get('CR3'))).toEqual([0x1000n, 0x2000n]);
    expect(knowing([register('CR3', 0x3000n)]).cpus()).toEqual([new Map([['CR3', 0x3000n]])]);
  });
});

test('a fact that the text is known to disguise is no fact', () => {
  const root = { is: 'fact', name: 'root', value: 0xdead000n } as const;
  expect(knowing([item({ ...root, doubtful: 'hashed' })]).contextOf(0).facts.size).toBe(0);
  expect(
    knowing([item(root)])
      .contextOf(0)
      .facts.get('root'),
  ).toBe(0xdead000n);
});

describe('whose text it is', () => {
  test.each([
    ['x86.ptdump', 'x86'],
    ['tfa.xlat', 'arm64'],
    ['qemu.info-mtree', undefined],
    ['crash.vtop', undefined],
  ])('%s: %s', (from, arch) => {
    const fact = item({ is: 'fact', name: 'levels', value: 4n }, 0, from);
    expect(knowing([fact]).architecture()).toBe(arch);
  });

  test('registers say it before tools do', () => {
    const fact = item({ is: 'fact', name: 'levels', value: 4n }, 0, 'x86.ptdump');
    expect(knowing([fact, register('TCR_EL1', 0n)]).architecture()).toBe('arm64');
  });
});

describe('what stands beside the text', () => {
  const given = { kind: 'given', where: '--reg CR4' } as const;
  const file = { kind: 'file', where: 'vm.json' } as const;
  const beside = machineFrom([
    { cpus: [knownFrom([['CR4', 0x1020n]], given)] },
    {
      cpus: [
        knownFrom(
          [
            ['CR4', 0x20n],
            ['EFER', 0x500n],
          ],
          file,
        ),
      ],
      facts: new Map([['MAXPHYADDR', { value: 39n, origin: file }]]),
    },
  ]);
  const known = knowing(
    [register('CR4', 0n), register('CR3', 0x1000n, 1), item({ is: 'fact', name: 'levels', value: 4n })],
    beside,
  );

  test('counts above the text, for every group and CPU', () => {
    for (const registers of [known.contextOf(0).registers, known.contextOf(1).registers, ...known.cpus()])
      expect([registers.get('CR4'), registers.get('EFER')]).toEqual([0x1020n, 0x500n]);
    expect(known.contextOf(1).registers.get('CR3')).toBe(0x1000n);
    expect(known.contextOf(1).facts).toEqual(
      new Map<string, bigint>([
        ['levels', 4n],
        ['MAXPHYADDR', 39n],
      ]),
    );
  });

  test('the machine has both, each with where it came from, and what was not believed', () => {
    const machine = known.machine();
    const origins = [...(machine.cpus[0] ?? []), ...machine.facts].map(
      ([name, { origin }]) => `${name}: ${origin.kind} ${origin.where}`,
    );
    expect(origins.sort()).toEqual([
      'CR3: text line 1',
      'CR4: given --reg CR4',
      'EFER: file vm.json',
      'MAXPHYADDR: file vm.json',
      'levels: text line 1',
    ]);
    expect(machine.overruled).toMatchObject([
      { name: 'CR4', believed: { value: 0x1020n }, not: { value: 0n, origin: { kind: 'text' } } },
    ]);
  });

  test('several CPUs: each stands above the set of the text at its place', () => {
    const two = machineFrom([
      { cpus: [knownFrom([['EFER', 0x500n]], file), knownFrom([['EFER', 0x100n]], file)] },
    ]);
    const cpus = knowing([register('CR3', 0x1000n, 1), register('CR3', 0x2000n, 2)], two).cpus();
    expect(cpus.map(cpu => [cpu.get('CR3'), cpu.get('EFER')])).toEqual([
      [0x1000n, 0x500n],
      [0x2000n, 0x100n],
    ]);
    const shared = knowing([register('CR4', 0x20n)], two).cpus();
    expect(shared.map(cpu => [cpu.get('CR4'), cpu.get('EFER')])).toEqual([
      [0x20n, 0x500n],
      [0x20n, 0x100n],
    ]);
  });
});
