import { describe, expect, test } from 'vitest';
import { compile, decideFault, decideSlot } from '../../src/kvm/arm64/decide.ts';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import type { Arm64Cpu, FaultOutcome, Vma } from '../../src/kvm/arm64/model.ts';
import { eptProgram } from '../../src/kvm/x86/decide.ts';
import { X86_ERAS } from '../../src/kvm/x86/eras/index.ts';

const GPU: Vma = { flags: ['VM_PFNMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'], pgprot: 'MT_NORMAL' };
const BAR: Vma = {
  flags: ['VM_PFNMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE', 'VM_ALLOW_ANY_UNCACHED'],
  pgprot: 'MT_DEVICE_nGnRnE',
};
const cpu = (text: string): Arm64Cpu => ({ fwb: text.includes('F'), dic: text.includes('D') });

const brief = (o: FaultOutcome) => (o.r === 'map' ? `${o.t} ${o.p}` : o.r === 'error' ? `-${o.errno}` : o.r);

/** A VMM that passes the flag of cp-v4 to cp-v6, then one access. */
const happens = (era: string, vma: Vma, features: string, access: 'read' | 'exec') => {
  const policy = ARM64_ERAS.named(era);
  const slotFlags =
    policy.slotFlags.includes('KVM_MEM_ENABLE_CACHEABLE_PFNMAP') && vma === GPU
      ? (['KVM_MEM_ENABLE_CACHEABLE_PFNMAP'] as const)
      : [];
  const common = { slotFlags, vmMte: false, cpu: cpu(features) };
  const slot = decideSlot(policy, { ...common, change: 'CREATE', slotEnd: 'below', vmas: [vma] }).outcome;
  if (!slot.ok) return `slot -${slot.errno}`;
  return brief(
    decideFault(policy, { ...common, access, vma, pfn: 'no-page', hostWritable: true, permFault: false })
      .outcome,
  );
};

// Read from the summary of the series: what becomes of a cacheable raw page frame on CPUs without features, with FWB,
// with DIC, with both, and of a vfio BAR without FWB.
const SUMMARY: Record<string, [string, string, string, string, string]> = {
  '5.10': ['DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-'],
  '5.14': ['DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-'],
  '6.2': ['DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-'],
  '6.9': ['DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'DEVICE rw-', 'NORMAL_NC rw-'],
  'vt-v1': ['-EINVAL', 'NORMAL rw-', '-EINVAL', 'NORMAL rwx', '-EINVAL'],
  'nc-v2': ['NORMAL_NC rw-', 'NORMAL_NC rw-', 'NORMAL_NC rw-', 'NORMAL_NC rw-', 'NORMAL_NC rw-'],
  'cp-v2': ['-EINVAL', 'NORMAL rw-', '-EINVAL', 'NORMAL rwx', '-EINVAL'],
  'cp-v3': ['-EINVAL', 'NORMAL rw-', '-EINVAL', 'NORMAL rwx', 'NORMAL_NC rw-'],
  ...Object.fromEntries(
    ['cp-v4', 'cp-v5', 'cp-v6', 'cp-v7', 'cp-v8', 'cp-v9', 'cp-v10', '6.17', '7.0'].map(era => [
      era,
      ['slot -EINVAL', 'slot -EINVAL', 'slot -EINVAL', 'NORMAL rwx', 'NORMAL_NC rw-'],
    ]),
  ),
};

describe('arm64 eras', () => {
  test.each(ARM64_ERAS.all.map(p => p.id))('%s agrees with the summary of the series', era => {
    const gpu = ['', 'F', 'D', 'FD'].map(features => happens(era, GPU, features, 'read'));
    expect([...gpu, happens(era, BAR, '', 'read')]).toEqual(SUMMARY[era]);
  });

  test('a fetch from cacheable raw page frames: injected in vt-v1 and cp-v2, owed an invalidation in cp-v3', () => {
    expect(happens('vt-v1', GPU, 'FD', 'exec')).toBe('inject');
    expect(happens('cp-v2', GPU, 'FD', 'exec')).toBe('inject');
    expect(happens('cp-v3', GPU, 'F', 'exec')).toBe('NORMAL rwx');
  });

  test('every condition of every era compiles, every row says something, every row has evidence', () => {
    for (const policy of ARM64_ERAS.all) {
      const programs = compile(policy);
      expect(programs.fault.reads.length).toBeGreaterThan(0);
      expect(policy.evidence.length).toBeGreaterThan(0);
      for (const row of [...policy.slot, ...policy.vma, ...policy.fault])
        expect(row.says, policy.id).toMatch(/^[A-Z0-9].*[.)]$/);
    }
    for (const policy of X86_ERAS.all) expect(eptProgram(policy).rows.at(-1)?.kind).toBe('stop');
  });

  test.each([
    ['6.18.2', '6.17'],
    ['v6.8', '6.2'],
    ['6.16', '6.9'],
    ['6.1.55', '5.14'],
    ['5.10.200', '5.10'],
    ['7.1', '7.0'],
    ['linux-6.12.3-arch1', '6.9'],
    ['cp-v7', 'cp-v7'],
  ])('kernel %s belongs to era %s', (kernel, era) => expect(ARM64_ERAS.named(kernel).id).toBe(era));

  test.each([
    ['6.12.77', '6.11'],
    ['6.12.78', '6.16'],
    ['6.11-rc4', '6.11-rc'],
    ['6.6', 'pre-6.7'],
    ['6.18.2', '6.16'],
  ])('on x86 kernel %s belongs to era %s', (kernel, era) => expect(X86_ERAS.named(kernel).id).toBe(era));

  test.each(['5.12', '4.19', 'v3', 'latest'])('era %s is not invented', name =>
    expect(() => ARM64_ERAS.named(name)).toThrow(
      `unknown arm64 era '${name}'; valid: ${ARM64_ERAS.all.map(({ id }) => id).join(', ')}, or a kernel version: 5.10, or 5.14 and later`,
    ),
  );
});

describe('the trace', () => {
  test('shows every row up to the one that decided, with what it saw', () => {
    const { outcome, decidedBy, trace, grade } = decideFault(ARM64_ERAS.named('6.17'), {
      access: 'exec',
      vma: BAR,
      pfn: 'no-page',
      cpu: cpu('FD'),
      hostWritable: true,
      slotFlags: [],
      vmMte: false,
      permFault: false,
    });
    expect(outcome).toEqual({ r: 'inject', abort: 'SEA-iabt', why: 'exec-on-noncacheable' });
    expect(decidedBy).toBe('exec-on-noncacheable');
    expect(grade).toBe('S');
    expect(trace.map(step => `${step.held ? 'yes' : 'no '} ${step.id}`)).toEqual([
      'no  read-permission-fault',
      'yes special',
      'no  cacheable-pfnmap-unsupported',
      'yes s2_force_noncacheable',
      'yes writable',
      'yes exec-on-noncacheable',
    ]);
    expect(trace[2]?.saw).toEqual({
      special: true,
      pfn_is_map_memory: false,
      kvm_vma_is_cacheable: false,
      kvm_supports_cacheable_pfnmap: true,
    });
  });

  test('a leaf is explained by the bits that made it', () => {
    const { decidedBy, trace } = decideFault(ARM64_ERAS.named('6.9'), {
      access: 'read',
      vma: BAR,
      pfn: 'no-page',
      cpu: cpu(''),
      hostWritable: true,
      slotFlags: [],
      vmMte: false,
      permFault: false,
    });
    expect(decidedBy).toBe('prot NORMAL_NC');
    expect(trace.at(-1)).toMatchObject({
      saw: { prot: 'R|W|NORMAL_NC' },
      effect: 'map rw- NORMAL_NC (MemAttr 0x5)',
    });
  });
});
