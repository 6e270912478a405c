import { describe, expect, test } from 'vitest';
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
  const beside = [
    { from: 'vm.json', registers: new Map([['CR4', 0x20n]]), facts: new Map([['MAXPHYADDR', 39n]]) },
    { from: '--reg', registers: new Map([['CR4', 0x1020n]]) },
  ];
  const known = knowing([register('CR4', 0n), register('CR3', 0x1000n, 1)], beside);

  test('counts above the text, for every group and CPU; the later above the earlier', () => {
    for (const registers of [known.contextOf(0).registers, known.contextOf(1).registers, ...known.cpus()])
      expect(registers.get('CR4')).toBe(0x1020n);
    expect(known.contextOf(1).facts.get('MAXPHYADDR')).toBe(39n);
  });

  test('everything is known with who gave it, and what it overrules', () => {
    expect([...known.all()]).toEqual([
      { name: 'CR4', value: 0x1020n, from: '--reg', overrules: 0n },
      { name: 'CR3', value: 0x1000n },
      { name: 'MAXPHYADDR', value: 39n, from: 'vm.json' },
    ]);
  });

  test('what the text says too overrules nothing', () => {
    const same = knowing([register('CR4', 0x20n)], beside.slice(0, 1));
    expect([...same.all()][0]).toEqual({ name: 'CR4', value: 0x20n, from: 'vm.json' });
  });
});
