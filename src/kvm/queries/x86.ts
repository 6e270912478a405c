/** The same questions for x86, where the slot always succeeds and each leaf is one decision: diff, search, inverse, migrate. */
import { type GuestView, MTRR_TYPES, type MtrrType, PAT_TYPES, type PatType } from '../effective.ts';
import { eraGrade } from '../era.ts';
import { KvmInputError, unknownName } from '../errors.ts';
import { type Grade, weakest } from '../evidence.ts';
import { ExprError, Vocabulary } from '../expr.ts';
import { eptLeaf, eptProgram, patQuirk } from '../x86/decide.ts';
import type { X86Policy } from '../x86/model.ts';
import { predictX86, type X86PredictInput, type X86Prediction } from '../x86/predict.ts';
import { conditions, cover } from './cubes.ts';
import type { Dimension } from './space.ts';

const DIMENSIONS: readonly Dimension[] = [
  { name: 'guest MTRR', values: ['WB', ...MTRR_TYPES.filter(t => t !== 'WB')], facts: ['guest_mtrr'] },
  { name: 'quirk CD_NW_CLEARED', values: ['on', 'disabled'], facts: ['quirk_cd_nw_cleared'] },
  { name: 'guest CR0.CD', values: ['0', '1'], facts: ['guest_cr0_cd'] },
  {
    name: 'quirk IGNORE_GUEST_PAT',
    values: ['on', 'disabled by userspace'],
    facts: ['quirk_ignore_guest_pat'],
  },
  { name: 'self-snoop', values: ['yes', 'no'], facts: ['self_snoop', 'quirk_ignore_guest_pat'] },
  { name: 'non-coherent DMA', values: ['no', 'yes'], facts: ['noncoherent_dma'] },
  { name: 'host MMIO', values: ['no', 'yes'], facts: ['host_mmio'] },
];

interface X86Verdict {
  readonly type: MtrrType;
  readonly ipat: 0 | 1;
  readonly view: GuestView<PatType, MtrrType>;
}

export type X86Point = Readonly<Record<string, string>>;

class X86Space {
  readonly dimensions: readonly Dimension[];
  readonly size: number;
  constructor(policies: readonly X86Policy[]) {
    const reads = new Set(policies.flatMap(p => eptProgram(p).reads));
    if (policies.some(p => p.emulatesCaching)) reads.add('guest_mtrr');
    this.dimensions = DIMENSIONS.filter(d => d.facts.some(f => reads.has(f)));
    this.size = this.dimensions.reduce((n, d) => n * d.values.length, 1);
  }
  point(index: number): X86Point {
    const out: Record<string, string> = Object.fromEntries(
      DIMENSIONS.map(d => [d.name, d.values[0] as string]),
    );
    let rest = index;
    for (const { name, values } of this.dimensions) {
      out[name] = values[rest % values.length] as string;
      rest = Math.floor(rest / values.length);
    }
    return out;
  }
  /** The inputs that these policies read, and no others. */
  example(index: number): X86Point {
    const p = this.point(index);
    return Object.fromEntries(this.dimensions.map(d => [d.name, p[d.name] as string]));
  }
  verdict(policy: X86Policy, p: X86Point): X86Verdict {
    const selfSnoop = p['self-snoop'] === 'yes';
    const asked = p['quirk IGNORE_GUEST_PAT'] !== 'on' ? 'DISABLE_QUIRKS2' : 'none';
    const leaf = eptLeaf(policy, {
      hostMmio: p['host MMIO'] === 'yes',
      noncoherentDma: p['non-coherent DMA'] === 'yes',
      selfSnoop,
      guestMtrr: p['guest MTRR'] as MtrrType,
      guestCr0Cd: p['guest CR0.CD'] === '1',
      quirkCdNwCleared: p['quirk CD_NW_CLEARED'] === 'on',
      quirkIgnoreGuestPat: patQuirk('intel', selfSnoop, true, asked).quirkActive,
    });
    return { type: leaf.type, ipat: leaf.ipat, view: leaf.view };
  }
}

const word = (v: X86Verdict): string => `${v.type}${v.ipat ? ' with IPAT' : ', guest PAT counts'}`;

export interface X86Diff {
  readonly from: string;
  readonly to: string;
  readonly when: readonly (readonly string[])[];
  readonly disagreements: readonly {
    readonly change: string;
    readonly when: readonly (readonly string[])[];
    readonly inputs: number;
    readonly example: X86Point;
  }[];
  readonly compared: number;
  readonly differing: number;
  readonly grade: Grade;
}

export function diffX86(from: X86Policy, to: X86Policy): X86Diff {
  const space = new X86Space([from, to]);
  const labels = new Uint16Array(space.size);
  const names: string[] = ['same'];
  const first: number[] = [0];
  const counts: number[] = [0];
  for (let index = 0; index < space.size; index++) {
    const point = space.point(index);
    const [a, b] = [word(space.verdict(from, point)), word(space.verdict(to, point))];
    if (a === b) continue;
    const text = `${a} -> ${b}`;
    let id = names.indexOf(text);
    if (id < 0) {
      id = names.push(text) - 1;
      first.push(index);
      counts.push(0);
    }
    labels[index] = id;
    counts[id] = (counts[id] as number) + 1;
  }
  const texts = (classes: Uint16Array, wanted: number) =>
    cover(space.dimensions, classes, wanted).map(cube => conditions(space.dimensions, cube).map(c => c.text));
  const whole = labels.map(l => (l === 0 ? 0 : 1));
  const among = labels.map(l => (l === 0 ? 0xffff : l));
  const disagreements = names.slice(1).map((change, i) => ({
    change,
    when: names.length === 2 ? [[]] : texts(among, i + 1),
    inputs: counts[i + 1] as number,
    example: space.example(first[i + 1] as number),
  }));
  disagreements.sort((a, b) => b.inputs - a.inputs);
  const differing = counts.reduce((n, c) => n + c, 0);
  return {
    from: from.id,
    to: to.id,
    when: differing === 0 ? [] : texts(whole, 1),
    disagreements,
    compared: space.size,
    differing,
    grade: weakest([eraGrade(from), eraGrade(to)]),
  };
}

/** What a property may ask for. */
export const X86_OUTCOME_FACTS = {
  host_mmio: { means: 'the page is host MMIO' },
  noncoherent_dma: { means: 'a device with non-coherent DMA is in the VM' },
  self_snoop: { means: 'CPUID.1:EDX.SS' },
  guest_cr0_cd: { means: 'guest CR0.CD' },
  type: { values: MTRR_TYPES, means: 'EPT memory type' },
  ipat: { means: 'ignore PAT' },
  guest_pat_counts: { means: 'IPAT is clear' },
  guaranteed_wb: { means: 'always Write-Back, whatever the guest’s PAT says' },
  guest_can_wc: { means: 'guest WC stays WC' },
  guest_can_uc: { means: 'guest UC stays UC' },
} as const;
const PROPERTY = new Vocabulary(X86_OUTCOME_FACTS);

export interface X86Counterexamples {
  readonly policy: string;
  readonly property: { readonly id: 'expression'; readonly says: string; readonly expr: string };
  readonly holds: boolean;
  readonly tried: number;
  readonly failing: number;
  readonly when: readonly (readonly string[])[];
  readonly example?: { readonly input: X86Point; readonly leaf: string };
  readonly grade: Grade;
}

export function searchX86(policy: X86Policy, text: string): X86Counterexamples {
  let holds: (env: Record<string, string | boolean>) => boolean;
  try {
    holds = PROPERTY.compile(text).holds;
  } catch (error) {
    if (error instanceof ExprError) throw new KvmInputError(error.message, Object.keys(PROPERTY.facts));
    throw error;
  }
  const space = new X86Space([policy]);
  const classes = new Uint16Array(space.size);
  let failing = 0;
  let first: number | undefined;
  for (let index = 0; index < space.size; index++) {
    const p = space.point(index);
    const v = space.verdict(policy, p);
    const env = {
      host_mmio: p['host MMIO'] === 'yes',
      noncoherent_dma: p['non-coherent DMA'] === 'yes',
      self_snoop: p['self-snoop'] === 'yes',
      guest_cr0_cd: p['guest CR0.CD'] === '1',
      type: v.type,
      ipat: v.ipat === 1,
      guest_pat_counts: v.ipat === 0,
      guaranteed_wb: v.view.type === 'WB',
      guest_can_wc: v.view.effective.WC === 'WC',
      guest_can_uc: v.view.effective.UC === 'UC',
    };
    if (holds(env)) continue;
    failing++;
    first ??= index;
    classes[index] = 1;
  }
  return {
    policy: policy.id,
    property: { id: 'expression', says: text, expr: text },
    holds: failing === 0,
    tried: space.size,
    failing,
    when:
      failing === 0
        ? []
        : cover(space.dimensions, classes, 1).map(cube =>
            conditions(space.dimensions, cube).map(c => c.text),
          ),
    ...(first === undefined
      ? {}
      : { example: { input: space.example(first), leaf: word(space.verdict(policy, space.point(first))) } }),
    grade: eraGrade(policy),
  };
}

/** `wb`, `uc-`, `WC`. */
export function parsePatType(text: string): PatType {
  const found = PAT_TYPES.find(t => t === text.toUpperCase());
  if (found) return found;
  throw unknownName('PAT type', text, [...PAT_TYPES]);
}

export interface X86Reach {
  readonly inputs: number;
  readonly when: readonly (readonly string[])[];
}

export interface X86Inverse {
  readonly policy: string;
  readonly want: MtrrType;
  readonly guest: PatType;
  readonly guaranteed: X86Reach;
  readonly guestDecides: X86Reach;
  readonly tried: number;
  readonly grade: Grade;
}

export function inverseX86(policy: X86Policy, want: MtrrType, guest: PatType = want): X86Inverse {
  const space = new X86Space([policy]);
  const classes = new Uint16Array(space.size);
  const counts = [0, 0, 0];
  for (let index = 0; index < space.size; index++) {
    const { view } = space.verdict(policy, space.point(index));
    const kind = view.type === want ? 1 : view.effective[guest] === want ? 2 : 0;
    classes[index] = kind;
    counts[kind] = (counts[kind] as number) + 1;
  }
  const reach = (kind: number): X86Reach => ({
    inputs: counts[kind] as number,
    when:
      counts[kind] === 0
        ? []
        : cover(space.dimensions, classes, kind).map(cube =>
            conditions(space.dimensions, cube).map(c => c.text),
          ),
  });
  return {
    policy: policy.id,
    want,
    guest,
    guaranteed: reach(1),
    guestDecides: reach(2),
    tried: space.size,
    grade: eraGrade(policy),
  };
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

/** One page on both sides: slots are never refused, so what may change is the type that the guest gets. */
export function migrateX86(
  page: Omit<X86PredictInput, 'policy' | 'cpu'>,
  from: Pick<X86PredictInput, 'policy' | 'cpu'>,
  to: Pick<X86PredictInput, 'policy' | 'cpu'>,
): X86Migration {
  const src = predictX86({ ...page, ...from });
  const dst = predictX86({ ...page, ...to });
  const fails = (p: X86Prediction) => p.accesses.every(a => a.r === 'error');
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
