/**
 * Whole matrices of the model: every preset on every era, what changes between neighbouring eras, which inputs reach each
 * type, the effective type of every leaf. When a decision changes, the diff of fixtures/golden/kvm shows exactly where.
 */
import { expect, test } from 'vitest';
import { groupBy } from '../../src/bits/group-by.ts';
import { ARCHITECTURES } from '../../src/kvm/architectures.ts';
import { effective, explain, GUEST_TYPES } from '../../src/kvm/arm64/effective.ts';
import { arm64 } from '../../src/kvm/arm64/index.ts';
import { slotFlagsFor } from '../../src/kvm/arm64/migrate.ts';
import { type Arm64Policy, type FaultOutcome, S2_TYPES } from '../../src/kvm/arm64/model.ts';
import type { Era } from '../../src/kvm/era.ts';
import { PRESETS, type Preset } from '../../src/kvm/presets.ts';
import type { When } from '../../src/kvm/query.ts';
import { MTRR_TYPES } from '../../src/kvm/x86/effective.ts';
import { x86 } from '../../src/kvm/x86/index.ts';
import type { X86Policy } from '../../src/kvm/x86/model.ts';
import { FIXTURES } from '../support/fixtures.ts';

const golden = (name: string, lines: readonly string[]): Promise<void> =>
  expect([...lines, ''].join('\n')).toMatchFileSnapshot(`${FIXTURES}golden/kvm/${name}.txt`);

const brief = (o: FaultOutcome | undefined): string => {
  if (o === undefined) return 'never';
  if (o.r === 'map') return `${o.t} ${o.p}${o.dc ? ' +clean' : ''}${o.ic ? ' +inval' : ''}`;
  return o.r === 'error' ? `-${o.errno}` : o.r;
};

/** One preset on one arm64 era, CPU by CPU: the slot, or load, store and fetch. */
function arm64Lines(p: Preset, policy: Arm64Policy): string[] {
  const mapping = arm64.mappingOf(p, policy);
  return ['none', 'FWB', 'DIC', 'FWB+DIC'].map(name => {
    const { cpu } = arm64.parseCpu(name);
    const slotFlags = [...(p.slotFlags ?? []), ...slotFlagsFor(policy, mapping, cpu)];
    const { slot, mappings } = arm64.predict({ policy, cpu, mappings: [mapping], slotFlags });
    if (!slot.outcome.ok) return `${name}: slot -${slot.outcome.errno} (${slot.outcome.why})`;
    const outcome = (access: string) => brief(mappings[0]?.accesses.find(a => a.access === access)?.outcome);
    return `${name}: ${slot.outcome.eager ? 'mapped ahead; ' : ''}${['read', 'write', 'exec'].map(outcome).join(', ')}`;
  });
}

/** One preset on one x86 era, vendor by vendor. */
function x86Lines(p: Preset, policy: X86Policy): string[] {
  return x86.cpus
    .filter(({ cpu }) => cpu.tdp !== false && (cpu.vendor !== 'tdx' || policy.tdx))
    .map(({ name, cpu }) => {
      const { leaf, guest, accesses } = x86.predict({ policy, cpu, ...x86.mappingOf(p) });
      const bits = leaf.format === 'ept' ? `EPT ${leaf.mt} IPAT ${leaf.ipat}` : 'NPT';
      const ends = Object.entries(guest.effective).map(([asked, got]) => `${asked}->${got}`);
      return `${name}: ${bits} ${leaf.access}, ${accesses.map(a => a.r).join(' ')}; ${ends.join(' ')}`;
    });
}

/** Eras on which a preset does the same stand together; what a driver sets is said beside. */
function presetLines<P extends Era>(
  eras: readonly P[],
  flagsOf: (p: Preset, policy: P) => readonly string[],
  linesOf: (p: Preset, policy: P) => string[],
): string[] {
  return PRESETS.flatMap(p => [
    `${p.id}`,
    ...[
      ...groupBy(eras, policy =>
        [`    ${flagsOf(p, policy).join(' ')}`, ...linesOf(p, policy).map(line => `    ${line}`)].join('\n'),
      ),
    ].flatMap(([lines, same]) => [`  ${same.map(({ id }) => id).join(' ')}`, lines]),
  ]);
}

test('every preset on every arm64 era', () =>
  golden(
    'arm64-presets',
    presetLines(arm64.eras.all, (p, policy) => arm64.mappingOf(p, policy).flags, arm64Lines),
  ));
test('every preset on every x86 era', () =>
  golden(
    'x86-presets',
    presetLines(x86.eras.all, p => x86.mappingOf(p).flags ?? [], x86Lines),
  ));

const whenLines = (when: When): string[] => when.map(list => `    when ${list.join('; ') || 'always'}`);

// The cover is a few prime boxes; a line more here is a condition that could have been shorter.
test.each(ARCHITECTURES.map(kvm => [kvm.id, kvm] as const))('%s: what changes from era to era', (arch, kvm) =>
  golden(
    `${arch}-diffs`,
    kvm.eras.all.slice(1).flatMap((to, i) => {
      const from = kvm.eras.all[i] as Era;
      const d = kvm.diff(from, to);
      return [
        `${from.id} -> ${to.id}: ${d.differing} of ${d.compared}`,
        ...(d.interface ?? []).map(text => `  ${text}`),
        ...whenLines(d.when),
        ...d.disagreements.flatMap(x => [`  ${x.change}: ${x.inputs}`, ...whenLines(x.when)]),
      ];
    }),
  ),
);

const TYPES = { arm64: GUEST_TYPES, x86: MTRR_TYPES } as const;

test.each(ARCHITECTURES.map(kvm => [kvm.id, kvm] as const))(
  '%s: the inputs that reach each type',
  (arch, kvm) =>
    golden(
      `${arch}-inverse`,
      kvm.eras.all.flatMap(policy =>
        TYPES[arch].flatMap(want => {
          const found = kvm.inverse(policy, want);
          return [
            `${policy.id} ${want}: ${found.tried} tried`,
            ...(['guaranteed', 'guestDecides'] as const).flatMap(how => [
              `  ${how}: ${found[how].inputs}`,
              ...whenLines(found[how].when),
            ]),
          ];
        }),
      ),
    ),
);

test('the effective type of every leaf that KVM on arm64 writes, with its shareability and the rules that made it', () =>
  golden(
    'arm64-effective',
    [false, true].flatMap(fwb =>
      S2_TYPES.flatMap(s2 =>
        GUEST_TYPES.map(s1 => {
          const { value, why } = explain(fwb, s2, s1);
          if (value.is !== 'ok') throw new Error(`${s2} ${s1} is ${value.is}`);
          const rules = why.map(({ rule, operands }) => `${rule} ${JSON.stringify(operands)}`);
          return `${fwb ? 'FWB' : 'no FWB'} ${s2}, guest ${s1}: ${effective(fwb, s2, s1)} ${value.sh.join('|')}; ${rules.join('; ')}`;
        }),
      ),
    ),
  ));
