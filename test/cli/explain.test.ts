/** `memattr explain`: no id is printed that it cannot explain. */
import { describe, expect, test } from 'vitest';
import { families } from '../../src/arch/families.ts';
import { architectureFaults } from '../../src/arch/faults.ts';
import { FINDING_KINDS } from '../../src/arch/findings.ts';
import { settle } from '../../src/bits/settings.ts';
import type { SuspectKind } from '../../src/faults/reason.ts';
import { SUSPECTS } from '../../src/faults/verdict.ts';
import { HAZARDS as ARM64_HAZARDS } from '../../src/kvm/arm64/hazards.ts';
import { HAZARDS as X86_HAZARDS } from '../../src/kvm/x86/predict.ts';
import { CLAIMED } from '../../src/lint/findings.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { citation } from '../../src/refs.ts';
import { random } from '../support/trees.ts';
import { jsonLines, memattr } from './harness.ts';

const explain = (...args: string[]) => memattr(['explain', ...args]);

test('every finding of every family is explained, from a family that it names', () => {
  const next = random(7);
  const half = (): bigint => BigInt(next(0x1_0000_0000));
  const strange = new Set<string>();
  for (const family of families)
    for (const variant of family.variants()) {
      const settings = settle(family.settings, variant.settings);
      for (let i = 0; i < 24; i++) {
        const word = ((half() << 32n) | half()) & (i % 2 ? -1n : (half() << 32n) | half());
        for (const { id } of family.read(BigInt.asUintN(64, word), settings).findings) {
          const from = FINDING_KINDS[id]?.from ?? [];
          if (!from.some(name => family.id.startsWith(name))) strange.add(`${id} of ${family.id}`);
        }
      }
    }
  expect([...strange]).toEqual([]);
});

test('every finding that a lint rule claims, every rule', () => {
  expect(Object.keys(CLAIMED).filter(id => FINDING_KINDS[id] === undefined)).toEqual([]);
  for (const { means } of Object.values(FINDING_KINDS)) expect(means).toMatch(/\.$/);
});

describe('memattr explain', () => {
  test('lists all, a line each', async () => {
    const { out, status } = await memattr(['explain'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(status).toBe(0);
    const lines = out.split('\n');
    expect(lines.every(line => line.length <= 80)).toBe(true);
    const ids = lines.map(line => line.split(' ')[0]);
    for (const id of [...Object.keys(FINDING_KINDS), ...lintRules.map(rule => rule.id)])
      expect(ids).toContain(id);
  });

  test('a finding, with severity, families, references, editions and a command', async () => {
    const { out } = await memattr(['explain', 'access-flag-clear'], { columns: 200, env: { NO_COLOR: '1' } });
    expect(out).toMatch(/^access-flag-clear {2}finding, note\n/);
    expect(out).toContain('arm64.stage1, arm64.stage2');
    expect(out).toContain('Arm ARM, R_SWTYY');
    expect(out).toContain('Arm ARM = Arm Architecture Reference Manual for A-profile, DDI 0487 M.a.a');
    expect(out).toContain('memattr formats arm64.stage1');
    expect(out).toContain('access-flag-clear  lint rule, note');
  });

  test('what decides about predictions', async () => {
    interface Access {
      readonly decidedBy: string;
    }
    interface Prediction {
      readonly slot: Access;
      readonly mappings: readonly { readonly accesses: readonly Access[] }[];
    }
    const all = await memattr([
      'kvm',
      'predict',
      '--kernel',
      'all',
      '--cpu',
      'none,FWB+DIC',
      '--preset',
      'all',
      '--json',
    ]);
    const ids = new Set(
      jsonLines<Prediction>(all.out).flatMap(({ slot, mappings }) => [
        slot.decidedBy,
        ...mappings.flatMap(({ accesses }) => accesses.map(({ decidedBy }) => decidedBy)),
      ]),
    );
    expect(ids.size).toBeGreaterThan(3);
    const known = new Set(jsonLines<{ id: string }>((await explain('--json')).out).map(({ id }) => id));
    expect([...ids].filter(id => !known.has(id))).toEqual([]);
  });

  test.each([
    ['arm64', ARM64_HAZARDS],
    ['x86', X86_HAZARDS],
  ])('every hazard of %s, and no prediction names another', async (arch, hazards) => {
    interface Judged {
      readonly hazards?: readonly { readonly id: string }[];
    }
    interface Predicted extends Judged {
      readonly mappings?: readonly Judged[];
    }
    const known = jsonLines<{ id: string; is: string; from: string[] }>((await explain('--json')).out)
      .filter(({ is, from }) => is === 'KVM hazard' && from.includes(arch))
      .map(({ id }) => id);
    expect(known).toEqual(hazards.map(({ id }) => id));
    const predicted = ['kvm', 'predict', '--arch', arch, '--kernel', 'all', '--preset', 'all', '--json'];
    const named = jsonLines<Predicted>((await memattr(predicted)).out)
      .flatMap(predicted => [predicted, ...(predicted.mappings ?? [])])
      .flatMap(judged => judged.hazards ?? [])
      .map(({ id }) => id);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(id => !known.includes(id))).toEqual([]);
  });

  test('one that is none: did you mean', async () => {
    expect(await explain('res0-st')).toMatchObject({
      status: 2,
      err: expect.stringContaining("did you mean 'res0-set'?"),
    });
    expect((await explain('zzzzzz')).err).toContain('memattr explain lists every id');
  });
});

test('every reason and suspect that explain-fault can name, with its reference where a manual has the rule', async () => {
  const kinds = [
    ...architectureFaults.flatMap(({ kinds }) => kinds),
    ...Object.values<SuspectKind>(SUSPECTS),
  ];
  expect(new Set(kinds.map(({ id }) => id)).size).toBe(kinds.length);
  const all = jsonLines<{ id: string; is: string; means: string; refs: string[] }>(
    (await memattr(['explain', '--json'])).out,
  );
  for (const { id, means, ref } of kinds) {
    expect(means).toMatch(/^[A-Z].*\.$/);
    expect(all).toContainEqual(
      expect.objectContaining({ id, is: 'reason', means, refs: ref ? [citation(ref)] : [] }),
    );
  }
});
