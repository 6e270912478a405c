/** What an id means: of a finding, a lint rule, a condition or a hazard of the KVM model. */

import { architectureFaults } from '../arch/faults.ts';
import { FINDING_KINDS } from '../arch/findings.ts';
import { architectureLive } from '../arch/live.ts';
import type { Ref, Severity } from '../bits/spec.ts';
import type { SuspectKind } from '../faults/reason.ts';
import { SUSPECTS } from '../faults/verdict.ts';
import type { KvmPolicies } from '../kvm/architecture.ts';
import { CLAIMED } from '../lint/findings.ts';
import { refsOf } from '../lint/rule.ts';
import { lintRules } from '../lint/rules.ts';
import { citation } from '../refs.ts';
import { LIVE_CHANGES } from '../walk/live.ts';
import type { Answer } from './answer.ts';
import { editionLines } from './editions.ts';
import { SCHEMA } from './records.ts';
import { type Column, wrap } from './table.ts';

export interface Explained {
  readonly id: string;
  readonly is: 'finding' | 'lint rule' | 'live change' | 'reason' | 'KVM condition' | 'KVM hazard';
  readonly severity?: Severity;
  readonly means: string;
  /** Families; the command that shows it; eras. */
  readonly from: readonly string[];
  readonly refs: readonly Ref[];
  /** Where a KVM condition was read or measured. */
  readonly evidence: readonly string[];
  readonly example: string;
}

function findings(): Explained[] {
  return Object.entries(FINDING_KINDS).map(([id, { means, severity, from }]) => {
    const claimed = (CLAIMED as Readonly<Record<string, string | undefined>>)[id];
    const rule = lintRules.find(one => one.id === claimed);
    const architectures = [...new Set(from.map(name => name.split('.')[0] ?? ''))];
    const [family = ''] = from;
    return {
      id,
      is: 'finding',
      severity,
      means,
      from,
      refs: rule ? architectures.flatMap(arch => refsOf(rule, arch)) : [],
      evidence: [],
      example: family.includes('.') ? `memattr formats ${family}` : 'memattr decode WORD',
    };
  });
}

const rules = (): Explained[] =>
  lintRules.map(rule => ({
    id: rule.id,
    is: 'lint rule',
    severity: rule.severity,
    means: `${rule.title}. ${rule.explain}`,
    from: ['memattr lint'],
    refs: refsOf(rule),
    evidence: [],
    example: `memattr lint FILE --rule ${rule.id}`,
  }));

/** What `diff --live` says of changes; one id in all architectures, with what each makes of it. */
function liveChanges(): Explained[] {
  return LIVE_CHANGES.flatMap(change => {
    const own = architectureLive.flatMap(({ id, rules }) =>
      rules[change] ? [{ id, rule: rules[change] }] : [],
    );
    return own.length === 0
      ? []
      : [
          {
            id: `live-${change}`,
            is: 'live change',
            means: own.map(({ id, rule }) => `${id}: ${rule.needs}: ${rule.means}.`).join(' '),
            from: own.map(({ id }) => id),
            refs: own.map(({ rule }) => rule.ref),
            evidence: [],
            example: 'memattr diff BEFORE AFTER --live',
          },
        ];
  });
}

/** What `explain-fault` finds beside the rights of entries. */
function reasons(): Explained[] {
  const shared = { id: 'memattr explain-fault', kinds: Object.values<SuspectKind>(SUSPECTS) };
  return [...architectureFaults, shared].flatMap(({ id: from, kinds }) =>
    kinds.map(({ id, means, ref }) => ({
      id,
      is: 'reason',
      means,
      from: [from],
      refs: ref ? [ref] : [],
      evidence: [],
      example: 'memattr explain-fault FILE',
    })),
  );
}

/** What decides where no condition ended the function. */
const ENDS: Readonly<Record<string, string>> = {
  install:
    'The fault handler ran to its end: a leaf is written. Nothing made the page a device, so it is NORMAL.',
  accepted: 'The memslot was checked to the end: no check objects.',
  guest_memfd: 'A page of guest_memfd is mapped without looking at a VMA’s type.',
  'npt-has-no-type':
    'Entries of nested paging hold no memory type of KVM’s: the guest’s PAT and the host’s MTRRs decide.',
  'tdx-shared': 'The shared half of a TDX guest: KVM owns the EPT.',
  'tdx-private': 'The private half of a TDX guest: the TDX module owns the EPT, and its type is WB.',
  'never-refused': 'x86 refuses no memslot for a memory type.',
};

interface ConditionRow {
  readonly kind: string;
  readonly id?: string;
  readonly adds?: string;
  readonly says: string;
  readonly evidence?: readonly { readonly grade: string; readonly source: string }[];
}
const isCondition = (value: object): value is ConditionRow =>
  typeof (value as ConditionRow).says === 'string' && ['stop', 'prot'].includes((value as ConditionRow).kind);

/** As a prediction names it. */
const nameOf = ({ id, adds }: ConditionRow): string => id ?? `prot ${adds}`;

/** The rows of an era that end its functions or add to the protection, wherever they stand. */
function* conditionsIn(value: unknown): Generator<ConditionRow> {
  if (typeof value !== 'object' || value === null) return;
  if (isCondition(value)) yield value;
  else for (const inner of Object.values(value)) yield* conditionsIn(inner);
}

/** Conditions that stand in no era: those of the host's own fault. */
type Others = readonly {
  readonly arch: string;
  readonly id: string;
  readonly rows: unknown;
  readonly evidence: NonNullable<ConditionRow['evidence']>;
}[];

function conditions(policies: readonly KvmPolicies[], others: Others): Explained[] {
  const found = new Map<string, Explained & { from: string[] }>();
  for (const { id: arch, eras } of policies)
    for (const era of [...eras.all, ...others.filter(one => one.arch === arch)])
      for (const row of conditionsIn(era)) {
        const id = nameOf(row);
        const known = found.get(id);
        const from = `${arch} ${era.id}`;
        if (known) {
          if (!known.from.includes(from)) known.from.push(from);
          continue;
        }
        found.set(id, {
          id,
          is: 'KVM condition',
          means: row.says,
          from: [from],
          refs: [],
          evidence: (row.evidence ?? era.evidence).map(({ grade, source }) => `${grade}: ${source}`),
          example: `memattr kvm predict --arch ${arch}${'rows' in era ? '' : ` --kernel ${era.id}`} --all`,
        });
      }
  for (const [id, means] of Object.entries(ENDS))
    if (!found.has(id))
      found.set(id, {
        id,
        is: 'KVM condition',
        means,
        from: ['memattr kvm predict'],
        refs: [],
        evidence: [],
        example: 'memattr kvm predict --explain',
      });
  return [...found.values()];
}

/** The hazards that the predictions of an architecture name. */
type Hazards = readonly {
  readonly arch: string;
  readonly rows: readonly {
    readonly id: string;
    readonly means: string;
    readonly evidence: NonNullable<ConditionRow['evidence']>;
  }[];
}[];

const hazards = (all: Hazards): Explained[] =>
  all.flatMap(({ arch, rows }) =>
    rows.map(({ id, means, evidence }) => ({
      id,
      is: 'KVM hazard' as const,
      means: `${means.charAt(0).toUpperCase()}${means.slice(1)}.`,
      from: [arch],
      refs: [],
      evidence: evidence.map(({ grade, source }) => `${grade}: ${source}`),
      example: `memattr kvm predict --arch ${arch} --preset all`,
    })),
  );

/** Everything that has an id; one id may be several things. */
export const explainable = (
  policies: readonly KvmPolicies[],
  others: Others,
  risks: Hazards,
): readonly Explained[] => [
  ...findings(),
  ...rules(),
  ...liveChanges(),
  ...reasons(),
  ...conditions(policies, others),
  ...hazards(risks),
];

const COLUMNS: readonly Column<Explained>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'is', text: ({ is }) => is },
  { title: 'severity', text: ({ severity = '' }) => severity },
  { title: 'means', text: ({ means }) => means, wrap: true },
];

/** @param whole with families, references and an example; a line each without */
export const explainAnswer = (shown: readonly Explained[], whole: boolean): Answer<Explained> => ({
  records: shown.map(({ refs, ...one }) => ({ schema: SCHEMA.explain, ...one, refs: refs.map(citation) })),
  rows: shown,
  columns: COLUMNS,
  lines: ({ style, width }) => {
    const look = { style, width };
    const under = (label: string, text: string): string[] =>
      wrap(text, width - 14).map((line, i) => `  ${style.dim((i === 0 ? label : '').padEnd(12))}${line}`);
    if (!whole) {
      const room = Math.max(...shown.map(({ id }) => id.length)) + 2;
      return [
        ...shown.map(({ id, is, means }) => {
          const line = `${id.padEnd(room)}${is.padEnd(15)}${means}`;
          return line.length > width ? `${line.slice(0, width - 1)}…` : line;
        }),
        '',
        style.dim('memattr explain ID says the rest'),
      ];
    }
    return [
      ...shown.flatMap(({ id, is, severity, means, from, refs, evidence, example }) => [
        `${style.bold(id)}  ${is}${severity === undefined ? '' : `, ${severity}`}`,
        ...wrap(means, width - 2).map(line => `  ${line}`),
        ...under('from', from.join(', ')),
        ...refs.flatMap((ref, i) => under(i === 0 ? 'see' : '', citation(ref))),
        ...evidence.flatMap((text, i) => under(i === 0 ? 'evidence' : '', text)),
        ...under('try', example),
      ]),
      ...editionLines(
        shown.flatMap(({ refs }) => refs),
        look,
      ),
    ];
  },
});
