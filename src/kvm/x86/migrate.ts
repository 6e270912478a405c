/** Live migration of one page: slots are never refused, so what may change is the type that the guest gets. */
import { type Grade, weakest } from '../evidence.ts';
import { type MtrrType, PAT_TYPES, type PatType } from './effective.ts';
import { predict, type X86PredictInput, type X86Prediction } from './predict.ts';

export type X86Side = Pick<X86PredictInput, 'policy' | 'cpu'>;

export interface X86MigrationInput {
  readonly mapping: Omit<X86PredictInput, 'policy' | 'cpu'>;
  readonly src: X86Side;
  readonly dst: X86Side;
}

export interface X86Migration {
  readonly outcome: 'ok' | 'silent-type-change' | 'source-cannot-run' | 'destination-fails';
  readonly viewChanges: readonly {
    readonly guest: PatType;
    readonly from: MtrrType;
    readonly to: MtrrType;
  }[];
  readonly src: X86Prediction;
  readonly dst: X86Prediction;
  readonly grade: Grade;
}

const fails = (p: X86Prediction): boolean => p.accesses.every(a => a.r === 'error');

export function migrate({ mapping, ...sides }: X86MigrationInput): X86Migration {
  const src = predict({ ...mapping, ...sides.src });
  const dst = predict({ ...mapping, ...sides.dst });
  const viewChanges = PAT_TYPES.map(guest => ({
    guest,
    from: src.guest.effective[guest],
    to: dst.guest.effective[guest],
  })).filter(v => v.from !== v.to);
  const outcome = fails(src)
    ? 'source-cannot-run'
    : fails(dst)
      ? 'destination-fails'
      : viewChanges.length > 0
        ? 'silent-type-change'
        : 'ok';
  return { outcome, viewChanges, src, dst, grade: weakest([src.grade, dst.grade]) };
}
