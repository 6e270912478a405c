/** The options of `kvm predict`, and what an architecture makes of them. */
import type { Change } from '../../../kvm/arm64/model.ts';
import type { Era } from '../../../kvm/era.ts';
import type { MtrrType } from '../../../kvm/x86/effective.ts';
import type { PolicyArgs } from './common.ts';

export interface PredictArgs extends PolicyArgs {
  readonly registers?: string | undefined;
  readonly cpu?: string | undefined;
  readonly preset?: string | undefined;
  readonly flags?: string | undefined;
  readonly pgprot?: string | undefined;
  readonly pfn?: string | undefined;
  readonly vma: readonly string[];
  readonly 'slot-flags'?: string | undefined;
  readonly change?: Change | undefined;
  readonly 'slot-end'?: 'below' | 'at' | 'above' | undefined;
  readonly mte?: boolean | undefined;
  readonly 'host-writable'?: 'yes' | 'no' | undefined;
  readonly 'permission-fault'?: boolean | undefined;
  readonly align?: '4K' | '2M' | '1G' | undefined;
  readonly pkvm?: boolean | undefined;
  readonly 'table-only'?: boolean | undefined;
  readonly page: readonly string[];
  readonly 'disable-quirk'?: 'IGNORE_GUEST_PAT' | 'CD_NW_CLEARED' | undefined;
  readonly 'noncoherent-dma'?: boolean | undefined;
  readonly 'guest-mtrr'?: MtrrType | undefined;
  readonly 'guest-cd'?: boolean | undefined;
  readonly gpa?: 'private' | 'shared' | undefined;
  readonly explain?: boolean | undefined;
  readonly all?: boolean | undefined;
}

/** What one architecture is asked. */
export interface Questions {
  /** Where no CPU is named. */
  readonly cpu: string;
  /** What is assumed of the mapping; undefined where the options describe it. */
  assumed(args: PredictArgs): string | undefined;
  /** The mappings that the options describe: what KVM is asked beside policy and CPU, and what the answer is called. */
  mappings(args: PredictArgs, policy: Era): readonly { readonly input: object; readonly called?: object }[];
}
