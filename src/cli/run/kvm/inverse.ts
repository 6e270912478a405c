/** `kvm inverse`: which inputs reach a type. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { MTRR_TYPES, type MtrrType } from '../../../kvm/effective.ts';
import { unknownName } from '../../../kvm/errors.ts';
import { type Inverse, inverse, parseGuestType } from '../../../kvm/queries/inverse.ts';
import { inverseX86, parsePatType, type X86Inverse } from '../../../kvm/queries/x86.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { Style } from '../../../report/style.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import {
  archOf,
  conditionText,
  gradeText,
  kernelsOf,
  need,
  type PolicyArgs,
  paragraph,
  policies,
  print,
} from './common.ts';

interface InverseArgs extends PolicyArgs {
  readonly want?: string | undefined;
  readonly guest?: string | undefined;
  readonly all?: boolean | undefined;
}

export async function run(args: InverseArgs, io: Io): Promise<number> {
  const want = need(args.want, 'want', '--want normal-wb');
  const names = kernelsOf(args);
  const arch = archOf(args.arch, [], names);
  const found: (Inverse | X86Inverse)[] =
    arch === 'arm64'
      ? policies(ARM64_ERAS, names, 'newest').map(p =>
          inverse(
            p,
            parseGuestType(want),
            args.guest === undefined ? undefined : parseGuestType(args.guest),
            args.all ? { fixed: [] } : {},
          ),
        )
      : policies(X86_ERAS, names, 'newest').map(p =>
          inverseX86(p, mtrrType(want), args.guest === undefined ? undefined : parsePatType(args.guest)),
        );
  const rows = found.flatMap(f =>
    (['guaranteed', 'guestDecides'] as const).flatMap(how =>
      f[how].when.map(when => ({ policy: f.policy, how, when, grade: f.grade })),
    ),
  );
  print(
    {
      records: found.map(f => ({ arch, ...f })),
      rows,
      columns: [
        { title: 'policy', text: r => r.policy },
        { title: 'how', text: r => (r.how === 'guaranteed' ? 'guaranteed' : 'guest asks') },
        { title: 'when', text: r => conditionText(r.when), wrap: true },
        { title: 'ev', text: r => r.grade },
      ],
      lines: ({ style, width }) => found.flatMap(f => lines(f, style, width)),
    },
    'inverse',
    args,
    io,
  );
  return EXIT.answer;
}

function mtrrType(text: string): MtrrType {
  const found = MTRR_TYPES.find(t => t === text.toUpperCase());
  if (found) return found;
  throw unknownName('effective type', text, [...MTRR_TYPES]);
}

function lines(f: Inverse | X86Inverse, style: Style, width: number): string[] {
  const reach = (title: string, when: readonly (readonly string[])[]): string[] =>
    when.length === 0
      ? [`  ${title.replace(/,$/, '')}: never`]
      : [
          `  ${title} when`,
          ...when.flatMap((w, i) => paragraph(`${i === 0 ? '  ' : 'or '}${conditionText(w)}`, width, 6)),
        ];
  return [
    `${style.bold(`${f.policy}: ${f.want}`)}, ${f.tried} inputs tried, evidence ${gradeText(f.grade)}`,
    ...reach('guaranteed, whatever the guest does,', f.guaranteed.when),
    ...reach(`if the guest maps it ${f.guest}, and may have something else,`, f.guestDecides.when),
  ];
}
