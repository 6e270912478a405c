/** Answers to what KVM on x86 is asked. */

import type { GuestView } from '../../kvm/guest.ts';
import { type MtrrType, PAT_TYPES, type PatType } from '../../kvm/x86/effective.ts';
import type { X86Migration } from '../../kvm/x86/migrate.ts';
import type { X86Prediction } from '../../kvm/x86/predict.ts';
import type { Point } from '../../kvm/x86/space.ts';
import type { X86Types } from '../../kvm/x86/types.ts';
import type { Look } from '../style.ts';
import type { Column } from '../table.ts';
import type { QuestionsReport } from './architecture.ts';
import {
  ACCESS_NAME,
  type Asked,
  cpuLines,
  guestLines,
  LABEL,
  predictionsAnswer,
  type Shown,
  traceLines,
} from './predict.ts';
import { eraText, gradeText, labelled, type TextAnswer } from './text.ts';

// ---- predict -----------------------------------------------------------------------------------------------------

/** A prediction with the name of the page. */
type X86Asked = Asked<X86Prediction> & { readonly mapping: string };

const leafText = ({ leaf }: X86Prediction): string =>
  leaf.format === 'npt' ? 'NPT PAT=PCD=PWT=0' : `EPT ${leaf.type ?? leaf.mt} IPAT=${leaf.ipat}`;

function patText(view: GuestView<PatType, MtrrType>): string {
  if (view.control === 'guaranteed') return `always ${view.type}`;
  if (view.control === 'guest decides') return 'what its PAT says';
  const results = [...new Set(PAT_TYPES.map(t => view.effective[t]))];
  return results.map(r => `${PAT_TYPES.filter(t => view.effective[t] === r).join(' ')} -> ${r}`).join('; ');
}

const quirkText = (p: X86Prediction): string =>
  p.quirk === undefined
    ? 'no such quirk'
    : `${p.quirk.quirkActive ? 'active' : 'not active'}${p.quirk.ret === 0 ? '' : `, DISABLE_QUIRKS2 ${p.quirk.ret}`}`;

const COLUMNS: Column<X86Asked>[] = [
  { title: 'kernel', text: p => eraText(p.kernel, p.era) },
  { title: 'CPU', text: p => p.cpuName, wrap: true },
  { title: 'mapping', text: p => p.mapping },
  { title: 'ev', text: p => p.grade },
  { title: 'host MMIO', text: p => (p.mmio.hostMmio ? 'yes' : 'no') },
  { title: 'leaf', text: leafText, wrap: true },
  { title: 'guest gets', text: p => patText(p.guest), wrap: true },
  { title: 'IGNORE_GUEST_PAT', text: quirkText, wrap: true },
];

/** Why a page has its leaf. */
const reasonOf = ({ trace, decidedBy }: X86Asked): string =>
  trace.find(({ id }) => id === decidedBy)?.says ?? '';

function predictAnswer(predictions: readonly X86Asked[], shown: Shown): TextAnswer {
  return predictionsAnswer(
    predictions,
    p => [p],
    COLUMNS,
    (only, look) => predictionLines(only, look, shown),
    reasonOf,
    shown,
  );
}

/** The host's page in a few words. */
function pageText({ facts }: X86Prediction['mmio']): string {
  return facts.pfnValid
    ? `struct page${facts.pageReserved ? ', PageReserved' : ''}${facts.zeroPage ? ', the zero page' : ''}, tracked as ${facts.hostMemtype ?? 'WB'}`
    : `no struct page, ${facts.e820Ram ? 'RAM' : 'not RAM'} in the firmware’s E820 table`;
}

function predictionLines(p: X86Asked, { style, width }: Look, shown: Shown): string[] {
  const say = (label: string, text: string) => labelled(label, text, width, LABEL);
  const notes = shown === 'none' ? [] : p.notes;
  return [
    style.bold(`${eraText(p.kernel, p.era)}  ${p.title}`),
    `  CPU ${p.cpuName}; evidence ${gradeText(p.grade)}`,
    ...cpuLines(p.cpuEvidence, style, width),
    '',
    ...say('slot', 'accepted: x86 refuses no slot for a memory type'),
    ...say('page', pageText(p.mmio)),
    ...say('host MMIO', `${p.mmio.hostMmio ? 'yes' : 'no'} [${p.mmio.decidedBy}]`),
    ...say('leaf', `${leafText(p)} ${p.leaf.access} ${p.leaf.size} [${p.decidedBy}]`),
    ...p.accesses
      .filter(a => a.r !== 'map')
      .flatMap(a =>
        say(ACCESS_NAME[a.access], `${a.r === 'error' ? `KVM_RUN fails -${a.errno}` : a.r} (${a.why ?? ''})`),
      ),
    ...guestLines(p.guest, PAT_TYPES, width),
    ...(p.quirk === undefined
      ? []
      : say('quirk', `IGNORE_GUEST_PAT ${p.quirk.quirkActive ? 'active' : 'not active'}: ${p.quirk.says}`)),
    ...p.hazards.flatMap(h => say('hazard', `${h.id}: ${h.says}`)),
    ...(shown === 'none' ? [] : ['', ...traceLines(p.trace, style, width, shown)]),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap(note => say('note', note)),
  ];
}

// ---- search, migrate --------------------------------------------------------------------------------------------

const exampleText = ({ input }: { readonly input: Point }): string =>
  Object.entries(input)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const migrationText = ({ viewChanges }: X86Migration): string =>
  viewChanges.length === 0
    ? 'every guest PAT type ends as before'
    : viewChanges.map(v => `guest ${v.guest}: ${v.from} -> ${v.to}`).join(', ');

export const x86Questions: QuestionsReport<X86Types> = { predictAnswer, exampleText, migrationText };
