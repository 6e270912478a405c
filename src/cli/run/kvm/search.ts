/** `kvm search`: counterexamples to a property. */
import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { FACTS } from '../../../kvm/arm64/facts.ts';
import { outcomeWord } from '../../../kvm/queries/diff.ts';
import {
  type Counterexamples,
  OUTCOME_FACTS,
  PROPERTIES,
  searchPolicy,
} from '../../../kvm/queries/search.ts';
import { searchX86, X86_OUTCOME_FACTS, type X86Counterexamples } from '../../../kvm/queries/x86.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { Style } from '../../../report/style.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import {
  archOf,
  conditionText,
  cpuName,
  gradeText,
  kernelsOf,
  labelled,
  need,
  type PolicyArgs,
  paragraph,
  policies,
  print,
} from './common.ts';

interface SearchArgs extends PolicyArgs {
  readonly property?: string | undefined;
  readonly facts?: boolean | undefined;
  readonly 'host-fault'?: boolean | undefined;
  readonly all?: boolean | undefined;
}

type Found = Counterexamples | X86Counterexamples;

export async function run(args: SearchArgs, io: Io): Promise<number> {
  if (args.facts) return facts(args, io);
  const property = need(args.property, 'property', '--property "ordinary RAM is never refused"');
  const names = kernelsOf(args);
  const arch = archOf(args.arch, [], names);
  const found: Found[] =
    arch === 'arm64'
      ? policies(ARM64_ERAS, names, 'all').map(p =>
          searchPolicy(p, property, {
            hostFault: args['host-fault'] ?? false,
            ...(args.all ? { fixed: [] } : {}),
          }),
        )
      : policies(X86_ERAS, names, 'all').map(p => searchX86(p, property));
  print(
    {
      records: found.map(f => ({ arch, ...f })),
      rows: found,
      columns: [
        { title: 'policy', text: f => f.policy },
        { title: 'holds', text: f => (f.holds ? 'yes' : 'no') },
        { title: 'fails when', text: f => f.when.map(conditionText).join(' | '), wrap: true },
        { title: 'ev', text: f => f.grade },
      ],
      lines: ({ style, width }) => lines(found, style, width),
    },
    'search',
    args,
    io,
  );
  return found.some(f => !f.holds) ? EXIT.findings : EXIT.answer;
}

function span(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? String(low) : `${low} to ${high}`;
}

function lines(found: readonly Found[], style: Style, width: number): string[] {
  const [first] = found;
  if (first === undefined) return [];
  const out = [
    style.bold(first.property.says),
    ...(first.property.expr === first.property.says ? [] : [style.dim(`  ${first.property.expr}`)]),
    '',
  ];
  const holding = found.filter(f => f.holds);
  if (holding.length > 0)
    out.push(
      ...labelled(
        'holds',
        `${holding.map(f => f.policy).join(', ')} (${span(holding.map(f => f.tried))} inputs each)`,
        width,
        8,
        0,
      ),
    );
  for (const f of found.filter(x => !x.holds)) {
    out.push(
      ...labelled(
        'fails',
        `${f.policy}: ${f.failing} of ${f.tried} inputs, evidence ${gradeText(f.grade)}; exactly when`,
        width,
        8,
        0,
      ),
    );
    f.when.forEach((when, i) => {
      out.push(...paragraph(`${i === 0 ? '  ' : 'or '}${conditionText(when)}`, width, 8));
    });
    const { example } = f;
    if (example === undefined) continue;
    if ('verdict' in example) {
      const { verdict } = example;
      const faults = (['read', 'write', 'exec'] as const).map(
        a =>
          `${a} ${outcomeWord(verdict.faults[a])}${verdict.faults[a]?.r === 'map' ? ` ${verdict.faults[a].p}${verdict.faults[a].ic ? ' +I-cache invalidation' : ''}` : ''}`,
      );
      out.push(
        ...paragraph(
          `for example ${[...example.flags, example.pgprot, example.pfn].join(' ')}, CPU ${cpuName(example.cpu)}: slot ${verdict.slot.ok ? 'accepted' : `refused -${verdict.slot.errno}`}; ${faults.join(', ')}`,
          width,
          8,
        ),
      );
    } else
      out.push(
        ...paragraph(
          `for example ${Object.entries(example.input)
            .map(([k, v]) => `${k} ${v}`)
            .join(', ')}`,
          width,
          8,
        ),
      );
  }
  return out;
}

/** A property, a fact that an answer gives, or a fact that goes in. */
interface FactRow {
  readonly kind: 'property' | 'outcome' | 'input';
  readonly name: string;
  readonly means: string;
}

const factRows = (
  kind: 'outcome' | 'input',
  vocabulary: Readonly<Record<string, { readonly means: string; readonly values?: readonly string[] }>>,
): FactRow[] =>
  Object.entries(vocabulary).map(([name, f]) => ({
    kind,
    name,
    means: `${f.means}${f.values ? ` (${f.values.join(', ')})` : ''}`,
  }));

function facts(args: SearchArgs, io: Io): number {
  const rows: FactRow[] =
    archOf(args.arch, [], kernelsOf(args)) === 'x86'
      ? factRows('outcome', X86_OUTCOME_FACTS)
      : [
          ...PROPERTIES.map(p => ({ kind: 'property' as const, name: p.id, means: `${p.says}: ${p.expr}` })),
          ...factRows('outcome', OUTCOME_FACTS),
          ...factRows('input', FACTS),
        ];
  print(
    {
      records: rows,
      rows,
      columns: [
        { title: 'kind', text: r => r.kind },
        { title: 'name', text: r => r.name },
        { title: 'means', text: r => r.means, wrap: true },
      ],
    },
    'facts',
    args,
    io,
  );
  return EXIT.answer;
}
