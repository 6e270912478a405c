/** What a memory type means to somebody who has never met it, in one line. */

const CACHED = 'ordinary cached memory';
const POLICY: Readonly<Record<string, string>> = {
  WB: CACHED,
  WT: 'memory cached for reads, written through',
  NC: 'uncached memory: accesses may be merged and speculative',
};

const ARM64: readonly (readonly [type: RegExp, words: string])[] = [
  [/^Normal WB forced/, `${CACHED}, whatever the guest asks for`],
  [/^stage 1 attributes/, 'as the guest asks: cached, uncached or device'],
  [/^Normal NC, or/, 'uncached memory, or the guest’s device type'],
  [/^Device-nGnRnE/, 'device registers: every access, in order, acknowledged by the device'],
  [/^Device-nGnRE/, 'device registers: every access, in order'],
  [/^Device-nGRE/, 'device memory: accesses may be reordered, not merged'],
  [/^Device-GRE/, 'device memory: accesses may be merged and reordered'],
];

const X86: readonly (readonly [type: RegExp, words: string])[] = [
  [/^WB, PAT ignored/, `${CACHED}, whatever the guest’s PAT says`],
  [/^UC/, 'uncached: every access, in order; device registers'],
  [/^WC/, 'uncached, writes merged: frame buffers'],
  [/^WT/, POLICY.WT ?? ''],
  [/^WP/, 'memory cached for reads, writes go to memory'],
  [/^WB/, CACHED],
];

/** `Normal WB RWA`, `Normal oWB iWB`, `Normal oNC iWB RWA`: by the outer and the inner policy. */
function normal(type: string): string | undefined {
  const [, both] = /^Normal (WB|WT|NC)/.exec(type) ?? [];
  const [, outer = both, inner = both] = /^Normal o(WB|WT|NC)\b.* i(WB|WT|NC)/.exec(type) ?? [];
  if (outer === undefined || inner === undefined) return undefined;
  return outer === inner ? POLICY[outer] : `outer caches ${outer}, inner caches ${inner}`;
}

/** The type of one stage in plain words; empty for types that have none. */
export function plainWords(regime: string, type: string): string {
  const table = regime.startsWith('x86.') ? X86 : ARM64;
  const words = table.find(([pattern]) => pattern.test(type))?.[1] ?? normal(type) ?? '';
  return regime === 'x86.ept' && type === 'WB' ? `${words}, unless the guest’s PAT says otherwise` : words;
}
