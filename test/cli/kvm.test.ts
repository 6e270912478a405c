/** `memattr kvm …`: the questions of docs/kvm.md with their answers, JSON against its schemas, and inputs that contradict themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { X86_ERAS } from '../../src/kvm/x86/eras/index.ts';
import { jsonLines, memattr } from './harness.ts';

const folder = new URL('../../docs/schemas/', import.meta.url);
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const schemas = new Map(
  readdirSync(folder).map(name => {
    const schema = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    return [schema.title as string, ajv.compile(schema)];
  }),
);

/** The records of a question, each held against its schema. */
async function ask<T = Record<string, unknown>>(question: string, ...args: string[]): Promise<T[]> {
  const { out, err } = await memattr(['kvm', question, ...args, '--json']);
  const lines = jsonLines(out);
  expect(lines.length, err).toBeGreaterThan(0);
  for (const line of lines) {
    const validate = schemas.get(line.schema as string);
    expect(validate?.(line) ? [] : validate?.errors, JSON.stringify(line).slice(0, 2000)).toEqual([]);
  }
  return lines as T[];
}

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

interface Access {
  readonly access: string;
  readonly outcome: { readonly r: string; readonly errno?: string; readonly t?: string };
  readonly decidedBy: string;
  readonly grade: string;
}
interface Predicted {
  readonly era: string;
  readonly kernel: string;
  readonly cpuName: string;
  readonly grade: string;
  readonly slot: { readonly outcome: { readonly ok: boolean; readonly errno?: string }; decidedBy: string };
  readonly mappings: readonly {
    readonly accesses: readonly Access[];
    readonly leaf?: { readonly guest: { readonly control: string; readonly type?: string } };
    readonly hazards: readonly { readonly id: string }[];
  }[];
}

describe('one command each', () => {
  const searchFails = async (policy: string, property: string) =>
    (
      await ask<{ policy: string; holds: boolean; when: string[][]; grade: string }>(
        'search',
        '--policy',
        policy,
        '--property',
        property,
      )
    ).filter(r => !r.holds);

  test('the series version that refuses ordinary RAM', async () => {
    const failing = await searchFails('all', 'ordinary RAM is never refused');
    expect(failing.map(r => r.policy)).toEqual(['cp-v7']);
    expect(failing[0]?.when).toEqual([
      ['CPU: any but FWB+DIC', 'mapping: ordinary', 'pfn: ram', 'pgprot: MT_NORMAL or MT_NORMAL_TAGGED'],
    ]);
  });

  test('executable cacheable PFNMAP on a CPU without DIC under v3', async () => {
    const [v3, ...others] = await searchFails('all', 'no-impossible-icache');
    expect(others).toEqual([]);
    expect(v3).toMatchObject({ policy: 'cp-v3', grade: 'T' });
    expect(v3?.when[0]).toContain('CPU: FWB');
    expect(v3?.when[0]).toContain('mapping: VM_PFNMAP');
  });

  test('FWB to a CPU without it: v3 dies at the first fault, v4 and 6.17 refuse the slot, 6.9 runs with its leak', async () => {
    const rows = await ask<{
      from: { era: string };
      outcome: string;
      stage?: string;
      hazards?: { id: string }[];
    }>('migrate', '--from', 'FWB+DIC', '--to', 'none', '--kernel', 'cp-v3,cp-v4,6.9,6.17');
    expect(rows.map(r => r.outcome)).toEqual([
      'destination-fails',
      'destination-fails',
      'ok',
      'destination-fails',
    ]);
    const { out, status } = await memattr([
      ...['kvm', 'migrate', '--from', 'FWB+DIC', '--to', 'none'],
      ...['--kernel', 'cp-v3,cp-v4,6.9,6.17', '--output', 'csv'],
    ]);
    expect(status).toBe(1);
    expect(out).toMatch(/cp-v3.*the first fault fails -EINVAL, after the source has stopped/);
    expect(out).toMatch(/cp-v4.*slot creation fails -EINVAL, before the source stops/);
    expect(out).toMatch(/none\/6\.9,ok,.*stale-data-leak on both sides/);
    expect(out).toMatch(/none\/6\.17.*slot creation fails -EINVAL/);
  });

  test('the downgrade 6.17 to 6.16 silently turns Normal into Device', async () => {
    const [row] = await ask('migrate', '--from', 'grace/6.17', '--to', 'grace/6.16');
    expect(row).toMatchObject({ outcome: 'silent-type-change' });
    const { out, status } = await memattr(['kvm', 'migrate', '--from', 'grace/6.17', '--to', 'grace/6.16']);
    expect(status).toBe(1);
    expect(out).toContain('NORMAL -> DEVICE');
  });

  test('what v9 refuses that v10 accepts: copy-on-write mappings of raw page frames', async () => {
    const [diff] = await ask<{ when: string[][]; disagreements: { change: string }[] }>(
      'diff',
      'cp-v9',
      'cp-v10',
    );
    expect(diff?.when).toEqual([
      ['mapping: any but ordinary', 'pfn: any but ram', 'sharing: private (copy-on-write)'],
    ]);
    for (const { change } of diff?.disagreements ?? []) expect(change).toContain('-EINVAL (cow-special) ->');
  });

  test('a MIXEDMAP slot that is accepted and dies at the fault', async () => {
    const [p] = await ask<Predicted>(
      ...(['predict', '--kernel', '6.17', '--cpu', 'none', '--preset', 'mixedmap-io-cacheable'] as const),
    );
    expect(p?.slot.outcome.ok).toBe(true);
    for (const a of p?.mappings[0]?.accesses ?? [])
      expect(a).toMatchObject({
        outcome: { r: 'error', errno: 'EFAULT' },
        decidedBy: 'cacheable-pfnmap-unsupported',
        grade: 'M',
      });
    // Without VM_IO the host itself has nothing to give, whatever the CPU.
    const [q] = await ask<Predicted>(
      ...(['predict', '--kernel', '6.17', '--cpu', 'FWB+DIC', '--preset', 'mixedmap-cacheable'] as const),
    );
    expect(q?.slot.outcome.ok).toBe(true);
    for (const a of q?.mappings[0]?.accesses ?? []) {
      expect(a.outcome).toMatchObject({ r: 'error', errno: 'EFAULT' });
      expect(a.decidedBy).toBe('host-special-without-io');
    }
  });

  test('guest PAT on Intel before and after the quirk, and on AMD', async () => {
    const rows = await ask<{
      kernel: string;
      cpuName: string;
      leaf: object;
      guest: { control: string; type?: string };
    }>(
      ...(['predict', '--kernel', '6.15,6.16', '--cpu', 'intel,amd'] as const),
      '--disable-quirk',
      'IGNORE_GUEST_PAT',
    );
    expect(rows.map(r => [r.kernel, r.cpuName, r.guest.control])).toEqual([
      ['6.15', 'intel', 'guaranteed'],
      ['6.15', 'amd', 'guest decides'],
      ['6.16', 'intel', 'guest decides'],
      ['6.16', 'amd', 'guest decides'],
    ]);
    expect(rows[0]?.guest.type).toBe('WB');
    expect(rows[2]?.leaf).toMatchObject({ mt: 6, ipat: 0 });
    const [on] = await ask<{ leaf: object }>('predict', '--kernel', '6.16', '--cpu', 'intel');
    expect(on?.leaf).toMatchObject({ mt: 6, ipat: 1 });
  });

  test('the leak from VM A to VM B and its three cures', async () => {
    const runs = await ask<{ era: string; leaks: boolean; cure?: string; steps: { sees?: string }[] }>(
      'leak',
    );
    expect(runs.map(r => [r.era, r.leaks, r.cure])).toEqual([
      ['6.9', true, undefined],
      ['6.17', false, 'FWB'],
      ['6.17', false, 'maintenance'],
      ['6.17', false, 'refusal'],
    ]);
    expect(runs[0]?.steps.some(s => s.sees === 'old data of VM A')).toBe(true);
    expect((await memattr(['kvm', 'leak'])).status).toBe(1);
  });
});

describe('JSON follows its schema', () => {
  const SLOT = ['--vma', 'anon', '--vma', 'vfio-bar', '--vma', 'flags=pf io sh mw;pgprot=wc;pfn=no-page'];
  const questions: [string, ...string[]][] = [
    ['predict'],
    ['predict', '--preset', 'all', '--kernel', 'all', '--cpu', 'none,FWB+DIC', '--align', '2M'],
    ['predict', '--preset', 'list'],
    ['predict', '--cpu', 'list'],
    ['predict', '--cpu', 'grace', '--kernel', '6.18'],
    ['predict', '--kernel', '6.9,6.17', ...SLOT],
    ['predict', '--mte', '--slot-flags', 'LOG_DIRTY_PAGES', '--slot-end', 'above'],
    ['predict', '--pkvm', '--preset', 'gpu-coherent,vfio-bar'],
    ['predict', '--kernel', '6.18.2', '--preset', 'guest_memfd', '--align', '1G'],
    ['predict', '--arch', 'x86', '--cpu', 'intel,intel-no-self-snoop,amd,tdx', '--preset', 'anon,vfio-bar'],
    ['predict', '--page', 'e820=reserved,reserved=yes,type=UC-', '--noncoherent-dma'],
    ['predict', '--cpu', 'intel', '--kernel', '6.6,6.8,6.10,6.11', '--guest-cd', '--guest-mtrr', 'WC'],
    ['predict', '--cpu', 'tdx', '--gpa', 'private'],
    ['diff', '6.9', '6.17'],
    ['diff', '6.9', '6.9'],
    ['diff', 'pre-6.7', '6.16', '--arch', 'x86'],
    ['search', '--policy', 'all', '--property', 'slot_ok -> fault_ok'],
    ['search', '--facts'],
    ['search', '--arch', 'x86', '--property', 'host_mmio -> guest_can_wc'],
    ['inverse', '--want', 'normal-wb', '--policy', 'all'],
    ['inverse', '--want', 'wc', '--policy', 'all', '--arch', 'x86'],
    ['migrate', '--from', 'FWB+DIC', '--to', 'none', '--kernel', '6.9,6.17,cp-v4', '--preset', 'all'],
    ['migrate', '--from', 'intel/6.15', '--to', 'amd/6.16', '--preset', 'all'],
    ['leak', '--kernel', 'all', '--cpu', 'none,FWB', '--preset', 'all'],
    ['cap'],
    ['cap', '--arch', 'x86', '--kernel', 'all'],
    ['eras'],
    ['eras', '6.17'],
    ['eras', '6.16', '--arch', 'x86'],
  ];
  for (const [question, ...args] of questions)
    test(`${question} ${args.join(' ')}`, async () => {
      const records = await ask(question, ...args);
      // Everything that is claimed says how sure it is; a list of facts or of presets claims nothing by itself.
      for (const record of records)
        if (!('kind' in record && question === 'search') && !/preset|cpu/.test(String(record.schema)))
          expect(JSON.stringify(record)).toMatch(/"grade":"[MSTI]"/);
    });

  test('every other way to print has the same rows', async () => {
    for (const [question, ...args] of questions.slice(0, 12)) {
      const csv = await memattr(['kvm', question, ...args, '--output', 'csv']);
      const markdown = await memattr(['kvm', question, ...args, '--output', 'markdown']);
      expect(csv.err).toBe('');
      expect(csv.out.split('\r\n').length).toBe(markdown.out.split('\n').length - 1);
    }
  });
});

describe('audit', () => {
  const FWB = fixture('real/arm64-linux-6.18/fwb-dic-vhe');
  const INTEL = fixture('real/x86-linux-6.18/intel-default-384m');
  const AMD = fixture('real/x86-linux-6.18/amd-default-384m');
  const audit = (dump: string, slots: string, kernel: string, registers?: string) =>
    ask<{ record: string; slot: string; findings: number; leaves: number; era: string }>(
      ...(['audit', dump, '--outcomes-for', slots, '--kernel', kernel] as const),
      ...(registers === undefined ? [] : ['--registers', registers]),
    );

  test.each([
    ['arm64', FWB, `${FWB}.outcomes.jsonl`],
    ['Intel', INTEL, `${INTEL}.outcomes.jsonl.zst`],
    ['AMD', AMD, `${AMD}.outcomes.jsonl.zst`],
  ])('%s: a core that is walked follows its kernel, leaf for leaf', async (_, base, slots) => {
    const [summary, ...rest] = await audit(`${base}.elf.gz`, slots, '6.18.2', `${base}.registers.json`);
    expect(rest).toEqual([]);
    expect(summary).toMatchObject({ record: 'summary', findings: 0 });
    const [stored] = await audit(
      base === FWB ? `${base}.leaves.jsonl.zst` : `${base}.leaves.jsonl.zst`,
      slots,
      '6.18.2',
    );
    expect(summary?.leaves).toBe(stored?.leaves);
  });

  test('another era is told leaf by leaf, and the status says so', async () => {
    const records = await audit(`${FWB}.leaves.jsonl.zst`, `${FWB}.outcomes.jsonl`, '6.9');
    expect(records.filter(r => r.record === 'finding').map(r => r.slot)).toEqual([
      'pfnmap cacheable nonRAM shared',
      'pfnmap cacheable nonRAM COW',
      'mixedmap+io cacheable nonRAM',
      'mixedmap+io cacheable nonRAM COW',
    ]);
    const line = [`${FWB}.leaves.jsonl.zst`, '--outcomes-for', `${FWB}.outcomes.jsonl`];
    expect((await memattr(['kvm', 'audit', ...line, '--kernel', '6.9'])).status).toBe(1);
    expect((await memattr(['kvm', 'audit', ...line, '--kernel', '6.18.2'])).status).toBe(0);
    expect((await memattr(['kvm', 'audit', ...line])).status).toBe(2);
  });
});

describe('trouble is one clear line that names what would be valid', () => {
  const cases: [string[], RegExp][] = [
    [['predict', '--flags', 'VM_PFNMAP', '--pfn', 'page-no-memblock'], /VM_PFNMAP.*valid: .*no-page/],
    [['predict', '--flags', 'VM_PFNMAP'], /page frame must be said; valid: --pfn no-page/],
    [['predict', '--flags', 'VM_PFNMAPP'], /VM_PFNMAPP.*VM_PFNMAP/],
    [['predict', '--flags', 'VM_PFNMAP|VM_MIXEDMAP', '--pfn', 'no-page'], /VM_PFNMAP.*VM_MIXEDMAP.*valid/],
    [['predict', '--flags', 'VM_SHARED', '--pfn', 'no-page'], /valid/],
    [['predict', '--kernel', '6.177x'], /6\.177x.*6\.17/],
    [['predict', '--kernel', '5.12'], /5\.12/],
    [['predict', '--kernel', 'cp-v11'], /cp-v11.*cp-v10/],
    [['predict', '--cpu', 'FBW'], /FBW.*FWB/],
    [['predict', '--pgprot', 'MT_NRMAL'], /MT_NRMAL.*MT_NORMAL/],
    [['predict', '--pfn', 'mimo'], /mimo.*no-page/],
    [['predict', '--preset', 'vfio'], /vfio.*vfio-bar/],
    [['predict', '--slot-flags', 'DIRTY'], /DIRTY.*LOG_DIRTY_PAGES/],
    [['predict', '--mte', '--cpu', 'ID_AA64PFR1_EL1=0x0'], /MTE.*valid: a CPU with MTE/],
    [['predict', '--cpu', 'intel', '--mte'], /arm64 input/],
    [['predict', '--arch', 'arm64', '--guest-cd'], /x86 input/],
    [['predict', '--cpu', 'grace', '--guest-cd'], /unknown x86 CPU 'grace'; valid: intel/],
    [['predict', '--cpu', 'intel', '--page', 'color=blue'], /color=blue.*e820/],
    [['predict', '--cpu', 'intel-no-ept'], /without EPT or NPT.*valid: a CPU with EPT/],
    [['predict', '--vma', 'colour=blue'], /colour=blue.*flags=/],
    [['search', '--property', 'slot_ok -> nonsense'], /nonsense/],
    [['search', '--property', 'slot_ok -> '], /slot_ok/],
    [['search'], /--property is missing/],
    [['inverse', '--want', 'plaid'], /plaid/],
    [['inverse'], /--want is missing/],
    [['migrate', '--from', 'grace'], /--to is missing/],
    [['migrate', '--from', 'grace', '--to', 'none'], /names no kernel; valid: grace\/6\.17/],
    [['leak', '--guest', 'plaid'], /plaid.*Normal-NC/],
    [['eras', '4.19'], /4\.19/],
    [['diff', '6.9', 'cp-v99'], /cp-v99/],
  ];
  for (const [args, says] of cases)
    test(args.join(' '), async () => {
      const { status, out, err } = await memattr(['kvm', ...args]);
      expect(err).toMatch(says);
      expect({ status, out, lines: err.trimEnd().split('\n').length }).toEqual({
        status: 2,
        out: '',
        lines: 1,
      });
    });
});

describe('predict says what it was not told', () => {
  const predict = (...args: string[]) => memattr(['kvm', 'predict', ...args]);
  const assumed = async (...args: string[]): Promise<string> => {
    const [record] = jsonLines<{ assumed: string[] }>((await predict(...args, '--json')).out);
    return record?.assumed.join('; ') ?? '';
  };

  test('kernel, CPU and mapping, each unless it is given', async () => {
    expect(await assumed()).toMatch(/^kernel .*; CPU FWB\+DIC .*; mapping anon/);
    expect(await assumed()).toContain(`kernel ${ARM64_ERAS.newest.id}, the newest`);
    expect(await assumed('--kernel', '6.17')).toMatch(/^CPU FWB\+DIC .*; mapping anon/);
    expect(await assumed('--kernel', '6.17', '--cpu', 'grace', '--preset', 'vfio-bar')).toBe('');
    expect(await assumed('--cpu', 'amd')).toContain(`kernel ${X86_ERAS.newest.id}, the newest`);
    expect((await predict()).out).toContain(`assumed: kernel ${ARM64_ERAS.newest.id}`);
  });

  test.each([
    ['6.12.0-55.el10', /Red Hat Enterprise Linux.*mainline 6\.12\.0: vendors backport/],
    ['6.12.0-rhel10', /Red Hat/],
    ['6.8.0-51-generic', /Ubuntu/],
    ['5.14.0-503.11.1.el9_5.x86_64', /Red Hat/],
    ['6.1.0-37-arm64', /Debian/],
    ['6.6.1-foo', /what ‘-foo’ changed is not known/],
    ['6.99', /there was no Linux 6\.99: 6\.19 was the last/],
    ['7.9', new RegExp(`Linux 7\\.9 was not read: taken as ${ARM64_ERAS.newest.id}`)],
  ])('a kernel that is no mainline release that was read: %s', async (kernel, says) => {
    expect(await assumed('--kernel', kernel)).toMatch(says);
  });

  test('what was not read is not measured; a package’s name tells the architecture', async () => {
    const record = async (kernel: string) =>
      jsonLines<{ grade: string; arch: string }>((await predict('--kernel', kernel, '--json')).out)[0];
    expect((await record('6.99'))?.grade).toBe('I');
    expect((await record('6.18'))?.grade).toBe('M');
    expect((await record('6.18.2-1-amd64'))?.arch).toBe('x86');
    expect((await record('6.1.0-37-arm64'))?.arch).toBe('arm64');
    expect(await assumed('--kernel', '6.17')).not.toContain('6.17');
    expect(await assumed('--kernel', '6.17-rc3')).not.toContain('6.17');
  });

  test('a table fits the width, says why, and has a legend', async () => {
    const args = ['--kernel', '6.9,6.17', '--cpu', 'none,FWB+DIC', '--preset', 'gpu-coherent'];
    for (const columns of [60, 80, 100]) {
      const { out } = await memattr(['kvm', 'predict', ...args], { columns, env: { NO_COLOR: '1' } });
      expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(columns);
      expect(out).toContain('ev: S read in kernel source, M measured on a running kernel');
      expect(out.replace(/\s+/g, ' ')).toContain('would owe cache maintenance');
    }
  });

  test('the conditions that held with --explain, all with --all, none in JSON without', async () => {
    const marks = async (...args: string[]) =>
      (await predict('--kernel', '6.17', ...args)).out
        .split('\n')
        .filter(line => /^ {6}[* ] \S+: /.test(line));
    const held = await marks('--explain');
    expect(held.length).toBeGreaterThan(0);
    expect(held.every(line => line.includes('* '))).toBe(true);
    expect((await marks('--all')).length).toBeGreaterThan(3 * held.length);
    expect((await predict('--json')).out).not.toContain('"trace"');
    expect((await predict('--json', '--explain')).out).toContain('"trace"');
  });

  test('the sentence for a property names the verb that lists facts', async () => {
    const { err } = await memattr(['kvm', 'search', '--property', 'VM_PFNMAP ->']);
    expect(err).toContain("'kvm search --facts'");
    expect((await memattr(['kvm', 'search', '--facts'])).status).toBe(0);
  });
});
