/** `kvm`: what KVM maps for a guest, in which kernel, and why. */
import { command, group } from '../command.ts';

const arch = {
  type: 'text',
  choices: ['arm64', 'x86'],
  describe: 'Architecture; found from --cpu and --kernel where they say it, else arm64',
} as const;
const kernel = {
  type: 'text',
  name: 'K[,K…]',
  describe: 'Kernel versions, eras or series versions: 6.18.2, 6.9, cp-v7 (`memattr kvm eras` lists them)',
} as const;
const policy = { ...kernel, describe: 'The same as --kernel' } as const;
const cpu = {
  type: 'text',
  name: 'CPU[,CPU…]',
  describe: 'FWB+DIC, FWB, DIC, none, a profile such as grace or neoverse-n1; intel, amd, tdx (--cpu list)',
} as const;
const registers = {
  type: 'text',
  alias: 'r',
  name: 'FILE',
  describe: 'The CPU by its registers: JSON, `info registers`… (instead of --cpu)',
} as const;
const preset = {
  type: 'text',
  name: 'P[,P…]',
  describe: 'Who made the host mapping: vfio-bar, gpu-coherent, devmem-ram, anon… (--preset list)',
} as const;
const hostFault = {
  type: 'switch',
  describe: 'Let the host’s own fault come first (a VM_MIXEDMAP without VM_IO then always fails)',
} as const;
const all = {
  type: 'switch',
  describe: 'Try VMs with MTE and slots with dirty logging too',
} as const;
const slotFlags = {
  type: 'text',
  name: 'FLAGS',
  describe: 'LOG_DIRTY_PAGES, READONLY, GUEST_MEMFD…, or the number',
} as const;
const flags = {
  type: 'text',
  name: 'FLAGS',
  describe: 'VMA flags: VM_PFNMAP|VM_IO|VM_SHARED, or smaps letters: "rd wr sh mr mw io pf"',
} as const;
const pgprot = {
  type: 'text',
  name: 'TYPE',
  describe: 'Page protection: MT_NORMAL, nGnRE, wc, pgprot_device, or a PTE',
} as const;
const pfn = {
  type: 'text',
  name: 'CLASS',
  describe: 'ram, page-no-memblock (struct page outside kernel memory), no-page',
} as const;

const predict = command({
  command: 'predict',
  describe: 'Is this mapping accepted, what is written at stage 2, EPT or NPT, and what does the guest get?',
  examples: [
    [
      'memattr kvm predict --kernel 6.18 --cpu FWB+DIC --preset gpu-coherent',
      'coherent GPU memory on a recent kernel',
    ],
    [
      'memattr kvm predict --kernel 6.9,6.17 --cpu none,FWB,FWB+DIC --preset gpu-coherent',
      'a table: two kernels, three CPUs',
    ],
    [
      "memattr kvm predict --kernel 6.18 --cpu none --flags 'sh mw mm io' --pfn no-page --explain",
      'a VMA as smaps prints it, with the conditions that held',
    ],
    [
      'memattr kvm predict --kernel 6.15,6.16 --cpu intel,amd --disable-quirk IGNORE_GUEST_PAT',
      'guest PAT on Intel before and after the quirk, and on AMD',
    ],
  ],
  options: {
    arch,
    kernel,
    policy,
    cpu,
    registers,
    preset,
    flags,
    pgprot,
    pfn,
    vma: {
      type: 'list',
      name: 'VMA',
      describe: 'Several VMAs in one slot, in address order: a preset, or flags=…;pgprot=…;pfn=… (repeat)',
    },
    'slot-flags': slotFlags,
    change: {
      type: 'text',
      choices: ['CREATE', 'MOVE', 'FLAGS_ONLY', 'DELETE'],
      describe: 'What is done with the slot (CREATE)',
    },
    'slot-end': {
      type: 'text',
      choices: ['below', 'at', 'above'],
      describe: 'End of the slot against the VM’s IPA limit (below)',
    },
    mte: { type: 'switch', describe: 'KVM_CAP_ARM_MTE is enabled for the VM' },
    'host-writable': {
      type: 'text',
      choices: ['yes', 'no'],
      describe: 'Whether the host lets KVM write the page (what the mapping allows)',
    },
    'permission-fault': { type: 'switch', describe: 'A leaf of the same size is there already' },
    align: {
      type: 'text',
      choices: ['4K', '2M', '1G'],
      describe: 'Largest block on which addresses agree and VMA, slot and host mapping reach: adds the size',
    },
    pkvm: { type: 'switch', describe: 'An ordinary VM on a host with kvm-arm.mode=protected' },
    'table-only': {
      type: 'switch',
      describe: 'Only KVM’s decision tables: no host fault, no refusal of contradictions',
    },
    page: {
      type: 'list',
      name: 'KEY=VALUE',
      describe:
        'x86: the host page: e820, kernel-ram, section-ram, insert, pgprot, reserved, type, set-memory, mtrr, legacy, nopat, zero',
    },
    'disable-quirk': {
      type: 'text',
      choices: ['IGNORE_GUEST_PAT', 'CD_NW_CLEARED'],
      describe: 'x86: quirk that userspace disables (KVM_CAP_DISABLE_QUIRKS2)',
    },
    'noncoherent-dma': { type: 'switch', describe: 'x86: a device with non-coherent DMA is in the VM' },
    'guest-mtrr': {
      type: 'text',
      choices: ['UC', 'WC', 'WT', 'WP', 'WB'],
      describe: 'x86 before 6.11: type in the guest’s MTRRs',
    },
    'guest-cd': { type: 'switch', describe: 'x86: the guest has CR0.CD set' },
    gpa: {
      type: 'text',
      choices: ['private', 'shared'],
      describe: 'TDX: which half of the guest’s addresses (shared)',
    },
    explain: { type: 'switch', describe: 'The conditions that held, what they saw, their source' },
    all: { type: 'switch', describe: 'Every condition that was asked, those that did not hold too' },
  },
  run: async (args, io) => (await import('../run/kvm/predict.ts')).run(args, io),
});

const diff = command({
  command: 'diff <from> <to>',
  describe: 'Where do two kernels or series versions disagree? The smallest conditions, not a list of cases',
  examples: [
    ['memattr kvm diff cp-v9 cp-v10', 'what v9 refuses that v10 accepts'],
    ['memattr kvm diff 6.16 6.17', 'what changed in 6.17'],
  ],
  positionals: { from: { describe: 'A kernel, era or series version' }, to: { describe: 'Another one' } },
  options: { arch, 'host-fault': hostFault },
  run: async (args, io) => (await import('../run/kvm/diff.ts')).run(args, io),
});

const search = command({
  command: 'search',
  describe: 'Does a policy have a property? Every input is tried, counterexamples are shown as conditions',
  examples: [
    [
      "memattr kvm search --policy all --property 'ordinary RAM is never refused'",
      'the series version that refuses ordinary RAM',
    ],
    [
      'memattr kvm search --policy cp-v3 --property no-impossible-icache',
      'executable memory whose I-cache KVM cannot invalidate',
    ],
    [
      "memattr kvm search --policy 6.17 --property 'slot_ok & VM_MIXEDMAP -> read = map'",
      'a property of your own',
    ],
  ],
  options: {
    arch,
    policy: { ...kernel, describe: 'Kernels or series versions, or all' },
    kernel: { ...kernel, describe: 'The same as --policy' },
    property: {
      type: 'text',
      name: 'EXPR',
      describe: 'A property by name or sentence, or an expression over facts (--facts)',
    },
    facts: { type: 'switch', describe: 'List the properties and the facts' },
    'host-fault': hostFault,
    all,
  },
  run: async (args, io) => (await import('../run/kvm/search.ts')).run(args, io),
});

const inverse = command({
  command: 'inverse',
  describe: 'Which inputs reach a type: guaranteed whatever the guest does, or if the guest asks for it?',
  examples: [
    ['memattr kvm inverse --want normal-wb --policy 6.17', 'when is Write-Back guaranteed?'],
    [
      'memattr kvm inverse --want nc --guest normal-nc --policy 6.9',
      'when does a guest get the Non-cacheable it asks for?',
    ],
    ['memattr kvm inverse --arch x86 --want wc --policy 6.16', 'when may a guest write-combine?'],
  ],
  options: {
    arch,
    policy: kernel,
    kernel: { ...kernel, describe: 'The same as --policy' },
    want: { type: 'text', name: 'TYPE', describe: 'normal-wb, nc, nGnRE…; on x86 wb, wc, uc, wt, wp' },
    guest: { type: 'text', name: 'TYPE', describe: 'What the guest’s own tables say (the wanted type)' },
    all,
  },
  run: async (args, io) => (await import('../run/kvm/inverse.ts')).run(args, io),
});

const migrate = command({
  command: 'migrate',
  describe: 'Live migration, kernel upgrade or downgrade: runs, is refused where, or silently changes type',
  examples: [
    [
      'memattr kvm migrate --from FWB+DIC --to none --kernel cp-v3,cp-v4,6.9,6.17',
      'coherent GPU memory to a CPU without FWB',
    ],
    ['memattr kvm migrate --from grace/6.17 --to grace/6.16', 'the downgrade that turns Normal into Device'],
    ['memattr kvm migrate --from intel/6.15 --to amd/6.15 --preset anon', 'from Intel to AMD'],
  ],
  options: {
    arch,
    from: { type: 'text', name: 'CPU[/KERNEL]', describe: 'Where it runs' },
    to: { type: 'text', name: 'CPU[/KERNEL]', describe: 'Where it goes' },
    kernel: { ...kernel, describe: 'Kernels for the sides that name none' },
    preset: { ...preset, describe: 'Host mappings, or all (gpu-coherent)' },
    'disable-quirk': {
      type: 'text',
      choices: ['IGNORE_GUEST_PAT'],
      describe: 'x86: quirk that userspace disables',
    },
  },
  run: async (args, io) => (await import('../run/kvm/migrate.ts')).run(args, io),
});

const leak = command({
  command: 'leak',
  describe: 'Does VM B read old data of VM A? One cache line, step by step',
  examples: [
    ['memattr kvm leak', 'the leak of 6.9 and its three cures'],
    ['memattr kvm leak --kernel 6.17 --cpu FWB+DIC --preset gpu-coherent --guest nc', 'one case'],
  ],
  options: {
    kernel,
    policy,
    cpu,
    preset,
    guest: { type: 'text', name: 'TYPE', describe: 'Stage-1 type with which VM B reads (Normal-NC)' },
  },
  run: async (args, io) => (await import('../run/kvm/leak.ts')).run(args, io),
});

const cap = command({
  command: 'cap',
  describe: 'KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED and the x86 quirk capability, per kernel and CPU',
  examples: [
    ['memattr kvm cap', 'numbers and values in every era'],
    ['memattr kvm cap --arch x86', 'KVM_X86_QUIRK_IGNORE_GUEST_PAT'],
  ],
  options: { arch, kernel, policy, cpu, registers },
  run: async (args, io) => (await import('../run/kvm/cap.ts')).run(args, io),
});

const eras = command({
  command: 'eras [name]',
  describe:
    'What is known of each kernel and series version, from where, how sure; with a name, its conditions in order',
  examples: [
    ['memattr kvm eras', 'everything that is modelled'],
    ['memattr kvm eras cp-v8', 'one version row by row, to read beside the kernel’s function'],
  ],
  positionals: { name: { describe: 'A kernel, era or series version' } },
  options: { arch },
  run: async (args, io) => (await import('../run/kvm/eras.ts')).run(args, io),
});

const audit = command({
  command: 'audit <dump>',
  describe:
    'Does a real stage-2 table, EPT or NPT hold what the policy says? Reports each leaf that does not follow it',
  examples: [
    [
      'memattr kvm audit vm.elf --registers vm.json --outcomes-for slots.jsonl --kernel 6.18.2',
      'a core with the table pages',
    ],
    [
      'memattr kvm audit leaves.jsonl --outcomes-for slots.jsonl --kernel 6.9',
      'leaves that were walked before, against another kernel',
    ],
  ],
  positionals: {
    dump: { describe: 'A memory image, or JSON lines with ipa or gpa, size and raw of each leaf' },
  },
  options: {
    'outcomes-for': {
      type: 'list',
      name: 'FILE',
      describe:
        'JSON lines, one per memslot: slot, gpa, size, cpu, vma {flags, pgprot, pfn}, and create, fault where known (repeat)',
    },
    kernel: { ...kernel, describe: 'The kernel whose policy should hold' },
    policy,
    registers: { type: 'text', alias: 'r', name: 'FILE', describe: 'Registers of the machine, for an image' },
  },
  run: async (args, io) => (await import('../run/kvm/audit.ts')).run(args, io),
});

export const verb = group({
  name: 'kvm',
  describe:
    'What will KVM map here, and why: predict, diff, search, inverse, migrate, leak, cap, eras, audit',
  examples: [
    [
      'memattr kvm predict --kernel 6.18 --cpu FWB+DIC --preset gpu-coherent',
      'what a recent kernel does with coherent GPU memory',
    ],
  ],
  verbs: [predict, diff, search, inverse, migrate, leak, cap, eras, audit],
});
