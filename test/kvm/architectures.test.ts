/** Both architectures provide the same under the same names, and nothing above asks which one it has. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES, KVM } from '../../src/kvm/architectures.ts';
import { eraRows } from '../../src/kvm/known.ts';
import { PRESETS } from '../../src/kvm/presets.ts';
import { POLICIES_REPORT } from '../../src/report/kvm/policies.ts';
import { QUESTIONS_REPORT } from '../../src/report/kvm/questions.ts';

const src = fileURLToPath(new URL('../../src/', import.meta.url));
const filesOf = (folder: string): string[] =>
  readdirSync(`${src}${folder}`, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));

/** What only one architecture decides: its nature, not ours. */
const OWN = {
  arm64: [
    'blocksize.ts',
    'contradictions.ts',
    'gmem.ts',
    'hazards.ts',
    'host-fault.ts',
    'leak.ts',
    'pkvm.ts',
    'prot.ts',
  ],
  x86: ['host-mmio.ts', 'page.ts'],
} as const;

test('file for file, but for what only one of them decides', () => {
  const roles = ARCHITECTURES.map(({ id }) => {
    const files = filesOf(`kvm/${id}`).filter(name => !name.startsWith('eras/'));
    expect(files).toEqual(expect.arrayContaining([...OWN[id]]));
    return files.filter(name => !(OWN[id] as readonly string[]).includes(name)).sort();
  });
  expect(roles[0]).toEqual(roles[1]);
  expect(ARCHITECTURES.map(({ id }) => filesOf(`kvm/${id}/eras`).includes('index.ts'))).toEqual([true, true]);
});

test('name for name, but for the leak', () => {
  const names = ARCHITECTURES.map(kvm => Object.keys(kvm).filter(name => name !== 'leak'));
  expect(names[0]).toEqual(names[1]);
  for (const report of [POLICIES_REPORT, QUESTIONS_REPORT])
    expect(Object.keys(report.arm64)).toEqual(Object.keys(report.x86));
  for (const { id } of ARCHITECTURES) expect(KVM[id].id).toBe(id);
});

test('nothing asks for an architecture or an era by name', () => {
  const asks = /(?:[!=]==|startsWith\()\s*'(?:arm64|x86)|\b(?:policy|era|p)\.id [!=]== '/;
  const folders = ['kvm', 'cli/run/kvm', 'report/kvm'];
  const found = folders.flatMap(folder =>
    filesOf(folder)
      .filter(name => asks.test(readFileSync(`${src}${folder}/${name}`, 'utf8')))
      .map(name => `${folder}/${name}`),
  );
  expect(found).toEqual([]);
});

describe.each(ARCHITECTURES.map(kvm => [kvm.id, kvm] as const))('%s', (arch, kvm) => {
  test('every CPU is found by its name and has a source', () => {
    expect(kvm.cpus.length).toBeGreaterThan(0);
    for (const cpu of kvm.cpus) {
      expect(kvm.parseCpu(cpu.name)).toEqual(cpu);
      expect(cpu.evidence.length, cpu.name).toBeGreaterThan(0);
    }
  });

  test('every function of every policy has rows, and every row says something', () => {
    for (const policy of kvm.eras.all)
      for (const { name, rows } of kvm.functionsOf(policy)) {
        expect(rows.length, `${policy.id} ${name}`).toBeGreaterThan(0);
        for (const row of rows) expect(row.says, `${policy.id} ${name}`).toMatch(/^[A-Z0-9].*[.)]$/);
      }
  });

  test('a policy differs from itself nowhere, and nothing changes for what stays where it was', () => {
    const { newest } = kvm.eras;
    expect(kvm.diff(newest, newest)).toMatchObject({ differing: 0, when: [], disagreements: [] });
    const { cpu } = kvm.cpus[0] ?? expect.fail('no CPU');
    const side = { policy: newest, cpu };
    for (const preset of PRESETS) {
      const mapping = kvm.mappingOf(preset, newest);
      const { outcome } = kvm.migrate({ mapping, src: side, dst: side, hostFault: true });
      // VM_MIXEDMAP without VM_IO never runs: the host finds no page to give.
      const runs = !preset.flags.includes('VM_MIXEDMAP') || preset.flags.includes('VM_IO');
      expect(outcome, preset.id).toBe(runs ? 'ok' : 'source-cannot-run');
    }
  });

  test('what holds always has no counterexample, and what never holds has them all', () => {
    const { oldest } = kvm.eras;
    expect(kvm.search(oldest, 'true')).toMatchObject({ holds: true, failing: 0, when: [] });
    const never = kvm.search(oldest, 'false');
    expect(never).toMatchObject({ holds: false, failing: never.tried, when: [[]] });
    expect(() => kvm.search(oldest, 'no such fact')).toThrow();
  });

  test('all of it stands in the overview', () => {
    const rows = eraRows().filter(row => row.arch === arch);
    expect(rows.map(({ id }) => id)).toEqual([...kvm.eras.all, ...kvm.cases].map(({ id }) => id));
  });

  test('only its own records are its own', () => {
    const record = { arm64: { cpu: { fwb: true } }, x86: { cpu: { vendor: 'amd' } } };
    for (const { id } of ARCHITECTURES) expect(kvm.owns(record[id])).toBe(id === arch);
  });
});
