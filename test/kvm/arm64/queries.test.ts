import { describe, expect, test } from 'vitest';
import { cacheablePfnmapCap } from '../../../src/kvm/arm64/cap.ts';
import { decideFault, decideSlot } from '../../../src/kvm/arm64/decide.ts';
import { change } from '../../../src/kvm/arm64/diff.ts';
import { parseGuestType } from '../../../src/kvm/arm64/effective.ts';
import { ARM64_ERAS } from '../../../src/kvm/arm64/eras/index.ts';
import { arm64 } from '../../../src/kvm/arm64/index.ts';
import { presetFlags } from '../../../src/kvm/arm64/mapping.ts';
import { slotFlagsFor } from '../../../src/kvm/arm64/migrate.ts';
import type { Arm64Cpu } from '../../../src/kvm/arm64/model.ts';
import { PROPERTIES } from '../../../src/kvm/arm64/search.ts';
import { Space } from '../../../src/kvm/arm64/space.ts';
import { eraRows } from '../../../src/kvm/known.ts';
import { preset } from '../../../src/kvm/presets.ts';
import { coordinates } from '../../../src/kvm/query.ts';
import { X86_ERAS } from '../../../src/kvm/x86/eras/index.ts';

const both: Arm64Cpu = { fwb: true, dic: true };
const none: Arm64Cpu = { fwb: false, dic: false };

describe('diff', () => {
  test('what v9 refuses that v10 accepts is one condition: copy-on-write of raw page frames', () => {
    const d = arm64.diff(ARM64_ERAS.named('cp-v9'), ARM64_ERAS.named('cp-v10'));
    expect(d.when).toEqual([
      ['mapping: any but ordinary', 'pfn: any but ram', 'sharing: private (copy-on-write)'],
    ]);
    expect(d.disagreements.map(x => [x.change, x.when])).toEqual([
      [
        'data: -EINVAL (cow-special) -> DEVICE or NC; exec: -EINVAL (cow-special) -> injected abort',
        [['pgprot: MT_NORMAL_NC or MT_DEVICE_nGnRnE or MT_DEVICE_nGnRE']],
      ],
      [
        'any access: -EINVAL (cow-special) -> -EFAULT (cacheable-pfnmap-unsupported)',
        [['CPU: any but FWB+DIC', 'pgprot: MT_NORMAL or MT_NORMAL_TAGGED']],
      ],
      [
        'any access: -EINVAL (cow-special) -> NORMAL',
        [['CPU: FWB+DIC', 'pgprot: MT_NORMAL or MT_NORMAL_TAGGED']],
      ],
    ]);
  });
  test('v10 is 6.17, v6 is v5 on arm64', () => {
    expect(arm64.diff(ARM64_ERAS.named('cp-v10'), ARM64_ERAS.named('6.17')).differing).toBe(0);
    expect(arm64.diff(ARM64_ERAS.named('cp-v5'), ARM64_ERAS.named('cp-v6')).differing).toBe(0);
  });
  test('7.0 differs from 6.17 in read permission faults only', () => {
    const d = arm64.diff(ARM64_ERAS.named('6.17'), ARM64_ERAS.named('7.0'));
    expect(d.disagreements.map(x => x.change)).toEqual(['read permission fault: an error -> as any fault']);
    expect(d.when).toEqual([[]]);
  });
  test('the conditions hold exactly where the verdicts differ', () => {
    const [from, to] = [ARM64_ERAS.named('6.9'), ARM64_ERAS.named('6.17')];
    const d = arm64.diff(from, to);
    const space = new Space([from, to]);
    let differing = 0;
    for (let index = 0; index < space.size; index++) {
      const point = space.point(index);
      if (!space.possible(point)) continue;
      const text = change(space.verdict(from, point), space.verdict(to, point));
      if (text === 'neither') continue;
      const named = space.dimensions.map(
        (dim, i) =>
          [dim.name, dim.values[coordinates(space.dimensions, index)[i] as number] as string] as const,
      );
      const holds = d.when.some(list =>
        list.every(condition => {
          const [name, rest] = condition.split(': ') as [string, string];
          const value = named.find(([n]) => n === name)?.[1] as string;
          return rest.startsWith('any but ') ? value !== rest.slice(8) : rest.split(' or ').includes(value);
        }),
      );
      expect(holds, JSON.stringify(named)).toBe(text !== 'same');
      if (text !== 'same') differing++;
    }
    expect(differing).toBe(d.differing);
  });
});

describe('the space', () => {
  test('a query sees what the decisions with trace see', () => {
    for (const policy of ARM64_ERAS.all) {
      const space = new Space([policy]);
      for (let index = 0; index < space.size; index += 97) {
        const p = space.point(index);
        const { slot, faults } = space.verdict(policy, p);
        const slotFlags = [...p.slotFlags, ...slotFlagsFor(policy, p, p.cpu)];
        const common = { slotFlags, vmMte: p.vmMte, cpu: p.cpu };
        expect(slot).toEqual(
          decideSlot(policy, { ...common, change: 'CREATE', slotEnd: 'below', vmas: [p] }).outcome,
        );
        for (const access of ['read', 'exec'] as const)
          expect(faults[access]).toEqual(
            decideFault(policy, {
              ...common,
              access,
              vma: p,
              pfn: p.pfn,
              hostWritable: p.hostWritable,
              permFault: false,
            }).outcome,
          );
      }
    }
  });
});

describe('search', () => {
  const failing = (property: string) =>
    ARM64_ERAS.all.filter(p => !arm64.search(p, property).holds).map(p => p.id);

  test('v7 alone refuses ordinary RAM, on CPUs without FWB and DIC', () => {
    expect(failing('ordinary RAM is never refused')).toEqual(['cp-v7']);
    const found = arm64.search(ARM64_ERAS.named('cp-v7'), 'ordinary-ram-never-refused');
    expect(found.when).toEqual([
      ['CPU: any but FWB+DIC', 'mapping: ordinary', 'pfn: ram', 'pgprot: MT_NORMAL or MT_NORMAL_TAGGED'],
    ]);
    expect(found.example?.verdict.faults.read).toMatchObject({
      r: 'error',
      errno: 'EINVAL',
      why: 'cacheable-unsupported',
    });
  });
  test('v3 alone lets an executable leaf owe an impossible I-cache invalidation', () => {
    expect(failing('no executable leaf owes an impossible I-cache invalidation')).toEqual(['cp-v3']);
  });
  test('in 6.17 an accepted slot may still fail: a cacheable VM_MIXEDMAP without FWB and DIC', () => {
    expect(arm64.search(ARM64_ERAS.named('6.17'), 'slot acceptance implies fault success').when).toEqual([
      [
        'CPU: any but FWB+DIC',
        'mapping: VM_MIXEDMAP',
        'pfn: any but ram',
        'pgprot: MT_NORMAL or MT_NORMAL_TAGGED',
      ],
    ]);
  });
  test('the hole that the cp series closes: cacheable memory mapped uncached, until v6', () => {
    expect(failing('no-cacheable-downgrade')).toEqual([
      '5.10',
      '5.14',
      '6.2',
      '6.9',
      'nc-v2',
      'cp-v3',
      'cp-v4',
      'cp-v5',
      'cp-v6',
    ]);
  });
  test('an expression over the facts works as well, and what it reads becomes part of the question', () => {
    const found = arm64.search(ARM64_ERAS.named('6.17'), 'KVM_MEM_LOG_DIRTY_PAGES & VM_PFNMAP -> slot_ok');
    expect(found.when).toEqual([['mapping: VM_PFNMAP', 'dirty logging: on']]);
  });
  test.each([
    ['slot_okay -> read = map', "unknown name 'slot_okay'"],
    ['ordinary-ram', "unknown property 'ordinary-ram' (did you mean ordinary-ram-never-refused?)"],
    ['read = maybe', "'read' is never 'maybe' (only map, error, inject, none)"],
  ])('%s is refused', (text, message) =>
    expect(() => arm64.search(ARM64_ERAS.named('6.17'), text)).toThrow(message),
  );
  test('every named property compiles and says what it is', () => {
    for (const p of PROPERTIES) expect(() => arm64.search(ARM64_ERAS.named('5.10'), p.says)).not.toThrow();
  });
});

describe('inverse', () => {
  test('Write-Back is guaranteed by FWB alone, in 6.9 for memory only', () => {
    const found = arm64.inverse(ARM64_ERAS.named('6.9'), 'Normal-WB');
    expect(found.guaranteed.when).toEqual([['CPU: FWB or FWB+DIC', 'pfn: ram']]);
    expect(found.guestDecides.when).toEqual([['CPU: none or DIC', 'pfn: ram']]);
  });
  test('6.17 adds raw page frames that the host maps cacheable, with FWB and DIC', () => {
    const { guaranteed } = arm64.inverse(ARM64_ERAS.named('6.17'), 'Normal-WB');
    expect(guaranteed.when).toContainEqual(['CPU: FWB+DIC', 'pgprot: MT_NORMAL or MT_NORMAL_TAGGED']);
  });
  test('Normal-NC is never guaranteed: the guest may always ask for Device', () => {
    for (const policy of ARM64_ERAS.all)
      expect(arm64.inverse(policy, 'Normal-NC').guaranteed.inputs, policy.id).toBe(0);
  });
  test('names as people write them', () => {
    expect(['normal-wb', 'WB', 'nGnRE', 'device-nGnRnE'].map(parseGuestType)).toEqual([
      'Normal-WB',
      'Normal-WB',
      'Device-nGnRE',
      'Device-nGnRnE',
    ]);
    expect(() => parseGuestType('wc')).toThrow("unknown guest type 'wc'; valid: Normal-WB");
  });
});

describe('migration of coherent GPU memory', () => {
  const gpu = preset('gpu-coherent');
  const go = (from: string, to: string, dst: Arm64Cpu) =>
    arm64.migrate({
      mapping: arm64.mappingOf(gpu, ARM64_ERAS.named(from)),
      src: { policy: ARM64_ERAS.named(from), cpu: both },
      dst: { policy: ARM64_ERAS.named(to), cpu: dst },
    });
  test.each([
    [
      'cp-v3',
      { outcome: 'destination-fails', at: 'fault', errno: 'EINVAL', why: 'cacheable-pfnmap-unsupported' },
    ],
    [
      'cp-v4',
      { outcome: 'destination-fails', at: 'memslot', errno: 'EINVAL', why: 'cacheable-pfnmap-unsupported' },
    ],
    ['6.9', { outcome: 'ok', type: 'DEVICE' }],
    [
      '6.17',
      { outcome: 'destination-fails', at: 'memslot', errno: 'EINVAL', why: 'cacheable-pfnmap-unsupported' },
    ],
  ])('to a CPU without FWB and DIC under %s', (era, result) =>
    expect(go(era, era, none).result).toEqual(result),
  );
  test('the downgrade from 6.17 to 6.16 turns Normal into Device and says nothing', () => {
    const { result, viewChanges } = go('6.17', '6.16', both);
    expect(result).toEqual({ outcome: 'silent-type-change', from: 'NORMAL', to: 'DEVICE' });
    expect(viewChanges).toContainEqual({ guest: 'Normal-WB', from: 'Normal-WB', to: 'Device-nGnRE' });
  });
});

describe('the leak', () => {
  const gpu = preset('gpu-coherent');
  const run = (era: string, cpu: Arm64Cpu, name = 'gpu-coherent') => {
    const p = preset(name);
    const policy = ARM64_ERAS.named(era);
    return arm64.leak(
      policy,
      cpu,
      { name, flags: presetFlags(p, policy), pgprot: p.pgprot, pfn: p.pfn },
      'Normal-NC',
    );
  };
  test('6.9 leaks, and later loses the data of VM B', () => {
    const leak = run('6.9', both);
    expect(leak.leaks).toBe(true);
    expect(leak.steps.find(s => s.who === 'VM B')?.sees).toBe('old data of VM A');
    expect(leak.steps.at(-1)?.after).toEqual({ memory: 'zeroes' });
    expect(gpu.evidence.length).toBeGreaterThan(0);
  });
  test.each([
    ['6.17', both, 'gpu-coherent', 'FWB'],
    ['6.17', none, 'anon', 'maintenance'],
    ['6.17', none, 'gpu-coherent', 'refusal'],
  ] as const)('%s: cured by %s', (era, cpu, name, cure) => {
    const cured = run(era, cpu, name);
    expect(cured).toMatchObject({ leaks: false, cure });
    for (const step of cured.steps) if (step.who === 'VM B') expect(step.sees).toBe('zeroes');
  });
});

describe('capability and eras', () => {
  test('240 in v4 to v6, 243 in v7 and mainline; needs FWB and DIC; -EINVAL on /dev/kvm', () => {
    const numbers = Object.fromEntries(ARM64_ERAS.all.map(p => [p.id, p.cacheablePfnmapCap.number]));
    expect(numbers).toMatchObject({
      'cp-v4': 240,
      'cp-v5': 240,
      'cp-v6': 240,
      'cp-v7': 243,
      'cp-v10': 243,
      '6.17': 243,
      '7.0': 243,
    });
    expect(cacheablePfnmapCap(ARM64_ERAS.named('6.17'), both)).toMatchObject({ vmFd: 1, sysFd: -22 });
    expect(cacheablePfnmapCap(ARM64_ERAS.named('6.17'), { fwb: true, dic: false })).toMatchObject({
      vmFd: 0,
      sysFd: -22,
    });
    expect(cacheablePfnmapCap(ARM64_ERAS.named('6.9'), both)).toMatchObject({
      known: false,
      vmFd: 0,
      sysFd: 0,
    });
  });
  test('every era says from where and how sure', () => {
    const rows = eraRows();
    expect(rows.length).toBe(ARM64_ERAS.all.length + 2 + 7 + 4 + X86_ERAS.all.length);
    for (const row of rows) {
      expect(row.evidence.length, row.id).toBeGreaterThan(0);
      expect('STIM', row.id).toContain(row.grade);
    }
  });
});
