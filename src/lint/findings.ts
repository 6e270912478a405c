/** Rules that pass on what the readings of single entries say: which finding belongs to which rule, once. */
import type { Finding } from '../bits/codec.ts';
import type { EntryView, LintRule, Verdict } from './rule.ts';

/** Every finding of a descriptor's reading, and the rule that reports it. */
export const CLAIMED = {
  'res0-set': 'reserved-bits',
  'res1-clear': 'reserved-bits',
  'reserved-set': 'reserved-bits',
  'nx-without-nxe': 'reserved-bits',
  'bad-ps': 'reserved-bits',
  'address-misaligned': 'block-misaligned',
  'contiguous-misaligned': 'contiguous-group',
  'address-size': 'output-beyond-size',
  'address-above-maxphyaddr': 'output-beyond-size',
  'address-above-encryption-bit': 'output-beyond-size',
  'reserved-encoding': 'reserved-encoding',
  'mair-unpredictable': 'reserved-encoding',
  'reserved-at-level-3': 'reserved-encoding',
  'block-not-supported-at-level': 'reserved-encoding',
  'format-mismatch': 'reserved-encoding',
  'vmsav9-128': 'reserved-encoding',
  'no-such-level': 'reserved-encoding',
  'no-such-regime': 'reserved-encoding',
  'wider-than-entry': 'reserved-encoding',
  'npt-supervisor': 'npt-supervisor',
  'ept-write-without-read': 'ept-misconfigured',
  'ept-exec-only': 'ept-misconfigured',
  'ept-paging-write-without-read': 'ept-misconfigured',
  'access-flag-clear': 'access-flag-clear',
  clean: 'conditional-access',
  'overlay-unknown': 'conditional-access',
  'assured-only': 'conditional-access',
  'no-tag-access': 'conditional-access',
  'nt-set': 'block-split',
  'looks-like-stage1': 'wrong-regime',
  'looks-like-stage2': 'wrong-regime',
  'looks-like-ept': 'wrong-regime',
  'looks-like-fwb': 'wrong-regime',
  'looks-like-root': 'wrong-regime',
} as const satisfies Readonly<Record<string, string>>;

/** Rows that keep the low bits of a block's address zero. */
const BELOW_ADDRESS = new Set(['resBlock', 'resPage', 'res12']);

/** Does a reserved bit of this finding belong to the address of a block? */
function isMisaligned({ reading }: EntryView, { id, bits }: Finding): boolean {
  if (id !== 'res0-set') return false;
  const bit = Number(/^\d+/.exec(bits)?.[0]);
  const row = reading.format.rows.find(({ pieces }) => pieces.some(([hi, lo]) => bit <= hi && bit >= lo));
  return row !== undefined && BELOW_ADDRESS.has(row.key) && reading.facts.size !== undefined;
}

/** The rule that reports a finding. */
export const ruleOf = (entry: EntryView, finding: Finding): string | undefined =>
  isMisaligned(entry, finding)
    ? 'block-misaligned'
    : (CLAIMED as Readonly<Record<string, string | undefined>>)[finding.id];

/** The check of a rule that passes findings on. Entries that fault on purpose have none. */
export const passingOn =
  (id: string): NonNullable<LintRule['entry']> =>
  entry => {
    const { reading, regime, kind } = entry;
    // a misconfigured EPT entry is one report, whatever is wrong with it
    if (reading.facts.mmio !== undefined || (regime.misconfigures && kind === 'fault')) return undefined;
    return reading.findings
      .filter(finding => ruleOf(entry, finding) === id)
      .map(({ message, severity, ref }): Verdict => {
        const general = message.replace(/(address) 0x[0-9a-f]+/, '$1'); // reports are by sentence
        return { message: `${nameOf(entry)}: ${general}`, severity, ...(ref ? { ref } : {}) };
      });
  };

/** `level 3 page`, `level 2 table`. */
const nameOf = ({ level, reading }: EntryView): string => `level ${level.name} ${reading.kind}`;
