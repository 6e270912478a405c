/** Every vector of the KVM policy families, judged as the conformance runner does. */
import { describe, expect, test } from 'vitest';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { eraGrade } from '../../src/kvm/era.ts';
import { kvmFamilies } from '../conformance/judges/kvm.ts';
import { fixtureLines, fixtureNames } from '../support/fixtures.ts';

const FOLDER = 'vectors/kvm-policy';
const files = fixtureNames(FOLDER).filter(name => name.endsWith('.jsonl'));

describe('KVM policy vectors', () => {
  test('every file has a judge and every judge a file', () => {
    expect(files.map(f => f.replace('.jsonl', '')).sort()).toEqual(kvmFamilies.map(f => f.name).sort());
  });

  test.each(kvmFamilies.map(f => [f.name, f] as const))('%s', (name, family) => {
    const failures: string[] = [];
    let judged = 0;
    for (const record of fixtureLines<{ id: string }>(`${FOLDER}/${name}.jsonl`)) {
      judged++;
      const mismatches = family.judge(record as never, { siblings: () => [] });
      if (mismatches.length > 0) failures.push(`${record.id}: ${mismatches.join('; ')}`);
    }
    expect(failures).toEqual([]);
    expect(judged).toBeGreaterThan(0);
  });

  test('a judge sees a wrong answer, key by key', () => {
    const [record] = [
      ...fixtureLines<{ out: { fault: { read: { t: string } } } }>(`${FOLDER}/arm64-fault.jsonl`),
    ];
    const family = kvmFamilies.find(f => f.name === 'arm64-fault');
    const wrong = structuredClone(record);
    if (wrong) wrong.out.fault.read.t = 'AS_S1';
    expect(family?.judge(wrong as never, { siblings: () => [] })).toHaveLength(1);
  });

  test('our grade of an era is never better than that of the vectors, but for what was measured since', () => {
    const theirs = new Map<string, Set<string>>();
    for (const { ev, in: given } of fixtureLines<{ ev: string; in: { era: string } }>(
      `${FOLDER}/arm64-fault.jsonl`,
    ))
      theirs.set(given.era, (theirs.get(given.era) ?? new Set()).add(ev));
    for (const [era, grades] of theirs) {
      const ours = eraGrade(ARM64_ERAS.named(era));
      if (era === '6.17' || era === '5.14') expect(ours).toBe('M');
      else expect([...grades], era).toContain(ours);
    }
  });
});
