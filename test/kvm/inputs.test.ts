/** Inputs as people have them, and one clear sentence for those that mean nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRADICTIONS, checkMapping, checkVm, checkWritable } from '../../src/kvm/arm64/contradictions.ts';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { arm64 } from '../../src/kvm/arm64/index.ts';
import { presetFlags } from '../../src/kvm/arm64/mapping.ts';
import { PFN_CLASSES, PGPROTS, SLOT_FLAGS, VMA_FLAGS } from '../../src/kvm/arm64/model.ts';
import { KvmInputError } from '../../src/kvm/errors.ts';
import { parsePfn, parsePgprot, parseSlotFlags, parseVmaFlags, SMAPS_LETTERS } from '../../src/kvm/inputs.ts';
import { PRESETS, preset } from '../../src/kvm/presets.ts';
import { auditLeaf } from '../../src/kvm/recorded.ts';
import { x86 } from '../../src/kvm/x86/index.ts';

const refusal = (run: () => unknown): KvmInputError => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(KvmInputError);
    return error as KvmInputError;
  }
  throw new Error('nothing was refused');
};
/** One sentence on one line that names something valid. */
const oneSentence = (error: KvmInputError) => {
  expect(error.message).not.toContain('\n');
  expect(error.valid.length).toBeGreaterThan(0);
};

describe('VMA flags', () => {
  test('a line of smaps', () => {
    const line = 'VmFlags: rd wr sh mr mw me ms io pf de dd sd ';
    expect(parseVmaFlags(line)).toEqual({
      flags: ['VM_SHARED', 'VM_MAYWRITE', 'VM_IO', 'VM_PFNMAP'],
      hugetlb: false,
      ignored: [
        'VM_READ',
        'VM_WRITE',
        'VM_MAYREAD',
        'VM_MAYEXEC',
        'VM_MAYSHARE',
        'VM_DONTEXPAND',
        'VM_DONTDUMP',
        'VM_SOFTDIRTY',
      ],
    });
  });
  test('names with and without VM_, in any case, with any separator', () => {
    for (const text of ['VM_PFNMAP|VM_IO', 'pfnmap, io', 'VM_pfnmap + IO', 'pf io'])
      expect(parseVmaFlags(text).flags, text).toEqual(['VM_PFNMAP', 'VM_IO']);
  });
  test('every flag by its name, every letter to a flag that is known', () => {
    for (const flag of VMA_FLAGS) expect(parseVmaFlags(flag).flags).toEqual([flag]);
    for (const [letters, name] of Object.entries(SMAPS_LETTERS)) {
      const { flags, ignored, hugetlb } = parseVmaFlags(letters);
      expect(hugetlb ? ['VM_HUGETLB'] : [...flags, ...ignored], letters).toEqual([name]);
    }
  });
  test('what has no letters must be named', () => {
    expect(refusal(() => parseVmaFlags('rd wr ?? pf')).message).toContain('VM_ALLOW_ANY_UNCACHED');
    expect(refusal(() => parseVmaFlags('VM_PFNMAPP')).message).toMatch(
      /^unknown VMA flag 'VM_PFNMAPP'; valid: /,
    );
  });
  test('anything else is refused, nothing is dropped', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z_]{1,12}$/), word => {
        try {
          const { flags, ignored, hugetlb } = parseVmaFlags(word);
          expect(flags.length + ignored.length + (hugetlb ? 1 : 0)).toBe(1);
        } catch (error) {
          oneSentence(error as KvmInputError);
        }
      }),
    );
  });
});

describe('page protection, page frames, slot flags', () => {
  test.each([
    ['MT_NORMAL', 'MT_NORMAL'],
    ['mt_normal_nc', 'MT_NORMAL_NC'],
    ['wb', 'MT_NORMAL'],
    ['wc', 'MT_NORMAL_NC'],
    ['pgprot_writecombine', 'MT_NORMAL_NC'],
    ['nGnRE', 'MT_DEVICE_nGnRE'],
    ['pgprot_device', 'MT_DEVICE_nGnRE'],
    ['pgprot_noncached', 'MT_DEVICE_nGnRnE'],
    // A host page-table entry: AttrIndx is bits 4:2.
    ['0x00e8000040001713', 'MT_DEVICE_nGnRE'],
    ['0x0068000040000f43', 'MT_NORMAL'],
    ['0x00e800004000170b', 'MT_NORMAL_NC'],
  ])('%s is %s', (text, pgprot) => expect(parsePgprot(text)).toBe(pgprot));
  test('an AttrIndx that Linux does not use', () =>
    expect(refusal(() => parsePgprot('0x717')).message).toContain('AttrIndx 5'));
  test('page frames', () => {
    expect(['ram', 'mmio', 'zone-device', 'no-page'].map(parsePfn)).toEqual([
      'ram',
      'no-page',
      'page-no-memblock',
      'no-page',
    ]);
  });
  test('slot flags by name or as the number that was passed', () => {
    expect(parseSlotFlags('LOG_DIRTY_PAGES|KVM_MEM_READONLY')).toEqual([
      'KVM_MEM_LOG_DIRTY_PAGES',
      'KVM_MEM_READONLY',
    ]);
    expect(parseSlotFlags('0x3')).toEqual(['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY']);
    expect(parseSlotFlags('4')).toEqual(['KVM_MEM_GUEST_MEMFD']);
    expect(parseSlotFlags('0')).toEqual([]);
    for (let n = 0; n < 1 << SLOT_FLAGS.length; n++) {
      const flags = parseSlotFlags(String(n));
      expect(parseSlotFlags(flags.join(' '))).toEqual(flags);
      expect(flags.length).toBe(n.toString(2).replaceAll('0', '').length);
    }
    oneSentence(refusal(() => parseSlotFlags('0x10')));
  });
});

describe('CPUs', () => {
  test('features, profiles with their source, registers', () => {
    expect(arm64.parseCpu('FWB+DIC')).toMatchObject({
      name: 'FWB+DIC',
      cpu: { fwb: true, dic: true, idc: false },
    });
    expect(arm64.parseCpu('none').cpu).toEqual({ fwb: false, dic: false, idc: false });
    expect(arm64.parseCpu('Grace').cpu).toMatchObject({ fwb: true, dic: true });
    // The registers of QEMU's neoverse-v1, which is the profile.
    expect(arm64.parseCpu('ID_AA64MMFR2_EL1=0x0220011102101011 CTR_EL0=0xb444c004').cpu).toEqual(
      arm64.parseCpu('neoverse-v1').cpu,
    );
    expect(arm64.parseCpu('CTR_EL0=0x9444c004').cpu).toMatchObject({ dic: false, idc: true });
    expect(arm64.parseCpu('ID_AA64PFR1_EL1=0x321').cpu.mte).toBe(true);
    expect(arm64.parseCpu('ID_AA64PFR1_EL1=0x0').cpu.mte).toBe(false);
    for (const p of [...arm64.cpus, ...x86.cpus]) expect(p.evidence.length, p.name).toBeGreaterThan(0);
    for (const { name, cpu } of x86.cpus) expect(x86.parseCpu(name).cpu).toEqual(cpu);
  });
  test('unknown ones', () => {
    oneSentence(refusal(() => arm64.parseCpu('FBW')));
    oneSentence(refusal(() => x86.parseCpu('cyrix')));
  });
});

describe('contradictions', () => {
  test('no preset contradicts itself, on any kernel', () => {
    for (const p of PRESETS)
      for (const era of ['5.10', '6.2', '6.9', '6.17', 'cp-v4'])
        checkMapping({ flags: presetFlags(p, ARM64_ERAS.named(era)), pgprot: p.pgprot }, p.pfn);
  });
  test('exactly the impossible mappings are refused', () => {
    let refused = 0;
    for (const kind of [[], ['VM_PFNMAP'], ['VM_MIXEDMAP'], ['VM_PFNMAP', 'VM_MIXEDMAP']] as const)
      for (const pfn of PFN_CLASSES)
        for (const pgprot of PGPROTS) {
          const impossible =
            kind.length === 2 ||
            (kind[0] === 'VM_PFNMAP' && pfn === 'page-no-memblock') ||
            (kind.length === 0 && pfn === 'no-page');
          const run = () => checkMapping({ flags: kind, pgprot }, pfn);
          if (!impossible) run();
          else {
            refused++;
            oneSentence(refusal(run));
          }
        }
    expect(refused).toBe((3 + 1 + 1) * PGPROTS.length);
    expect(CONTRADICTIONS.map(c => c.id)).toEqual([
      'pfnmap-and-mixedmap',
      'pfnmap-with-struct-page',
      'ordinary-without-struct-page',
    ]);
  });
  test('a private mapping of raw page frames is never writable on the host', () => {
    const cow = { flags: ['VM_PFNMAP', 'VM_MAYWRITE'], pgprot: 'MT_NORMAL' } as const;
    oneSentence(refusal(() => checkWritable(cow, 'no-page', true)));
    checkWritable(cow, 'no-page', false);
    checkWritable({ ...cow, flags: [...cow.flags, 'VM_SHARED'] }, 'no-page', true);
  });
  test('tags need a CPU with tags', () => {
    oneSentence(refusal(() => checkVm({ fwb: true, dic: true, mte: false }, true)));
    checkVm({ fwb: true, dic: true }, true);
  });
});

describe('presets', () => {
  test('vfio-pci lets the guest choose any uncached type since 6.9', () => {
    const bar = preset('vfio-pci');
    expect(presetFlags(bar, ARM64_ERAS.named('6.8'))).not.toContain('VM_ALLOW_ANY_UNCACHED');
    expect(presetFlags(bar, ARM64_ERAS.named('6.9'))).toContain('VM_ALLOW_ANY_UNCACHED');
    expect(presetFlags(bar, ARM64_ERAS.named('cp-v2'))).toContain('VM_ALLOW_ANY_UNCACHED');
    expect(presetFlags(preset('vfio-platform'), ARM64_ERAS.named('6.18'))).not.toContain(
      'VM_ALLOW_ANY_UNCACHED',
    );
  });
  test('memory carries tags in a VM that has them', () => {
    expect(presetFlags(preset('anon'), ARM64_ERAS.named('6.17'), true)).toContain('VM_MTE_ALLOWED');
    expect(presetFlags(preset('vfio-bar'), ARM64_ERAS.named('6.17'), true)).not.toContain('VM_MTE_ALLOWED');
  });
  test('an unknown one', () => oneSentence(refusal(() => preset('vfio'))));
});

describe('recorded slots', () => {
  test('flags as a list or as text, everything else by the names that people use', () => {
    const slot = arm64.slotOf({
      slot: 'bar',
      gpa: '0x10000000',
      cpu: { fwb: 1, dic: 0 },
      slotFlags: 2,
      vma: { flags: 'pf io sh mw', pgprot: 'wc', pfn: 'mmio' },
    });
    expect(slot).toMatchObject({
      at: 0x1000_0000n,
      cpu: { fwb: true, dic: false },
      slotFlags: ['KVM_MEM_READONLY'],
      vma: { flags: ['VM_PFNMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'], pgprot: 'MT_NORMAL_NC' },
      pfn: 'no-page',
    });
    expect(arm64.slotOf({ slot: 'x', gpa: '0x0', cpu: {}, vma: null }).vma).toBeUndefined();
  });
  test('an address that is none', () => {
    oneSentence(refusal(() => arm64.slotOf({ slot: 'x', gpa: 12, cpu: {} })));
    oneSentence(refusal(() => auditLeaf({ ipa: 'nowhere', raw: '0x0', size: '0x1000' })));
  });
});
