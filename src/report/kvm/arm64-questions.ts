/** Answers to what KVM on arm64 is asked. */

import { cpuName } from '../../kvm/arm64/cpu.ts';
import { describeOutcome } from '../../kvm/arm64/decide.ts';
import { outcomeWord } from '../../kvm/arm64/diff.ts';
import { GUEST_TYPES } from '../../kvm/arm64/effective.ts';
import type { Arm64Migration } from '../../kvm/arm64/migrate.ts';
import { ACCESSES, type Arm64Mapping, type FaultOutcome } from '../../kvm/arm64/model.ts';
import type { AccessPrediction, Arm64Prediction, MappingPrediction } from '../../kvm/arm64/predict.ts';
import type { Point, Verdict } from '../../kvm/arm64/space.ts';
import type { Arm64Types } from '../../kvm/arm64/types.ts';
import type { GuestView } from '../../kvm/guest.ts';
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

type Arm64Asked = Asked<Arm64Prediction>;

interface Row {
  readonly p: Arm64Asked;
  readonly m: MappingPrediction;
}
const rowsOf = (p: Arm64Asked): Row[] => p.mappings.map(m => ({ p, m }));

const mappingName = (m: Arm64Mapping): string =>
  m.name ?? ([...m.flags, m.pgprot, m.pfn].join(' ') || 'anonymous');

function brief(o: FaultOutcome | undefined): string {
  if (o === undefined) return 'no fault';
  if (o.r === 'map') return `${o.t} ${o.p}${o.dc ? ' +clean' : ''}${o.ic ? ' +inval' : ''}`;
  if (o.r === 'relax') return `add ${o.p}`;
  return o.r === 'inject' ? 'injected abort' : `-${o.errno}`;
}

const guestText = (view: GuestView<string, string> | undefined): string =>
  view === undefined ? 'nothing' : view.control === 'guaranteed' ? `${view.type}, guaranteed` : view.control;

const refused = ({ p }: Row): boolean => !p.slot.outcome.ok;
const outcome = (row: Row, access: AccessPrediction['access']): string =>
  refused(row) ? '' : brief(row.m.accesses.find(a => a.access === access)?.outcome);

/** Loads and stores as one word where they end alike, or where a store never faults. */
function data(row: Row): string {
  const [load, store] = [outcome(row, 'read'), outcome(row, 'write')];
  return load === store || store === 'no fault' ? load : `${load} / ${store}`;
}

const COLUMNS: Column<Row>[] = [
  { title: 'kernel', text: ({ p }) => eraText(p.kernel, p.era) },
  { title: 'CPU', text: ({ p }) => p.cpuName, wrap: true },
  { title: 'mapping', text: ({ m }) => mappingName(m.mapping) },
  { title: 'ev', text: ({ p }) => p.grade },
  { title: 'slot', text: ({ p }) => (p.slot.outcome.ok ? 'accepted' : `-${p.slot.outcome.errno}`) },
  { title: 'load, store', text: data, wrap: true },
  { title: 'fetch', text: row => outcome(row, 'exec'), wrap: true },
  { title: 'guest gets', text: row => (refused(row) ? '' : guestText(row.m.leaf?.guest)), wrap: true },
];

/** Accesses with the same outcome for the same reason are one line, unless every condition is to be shown. */
function alike(accesses: readonly AccessPrediction[], shown: Shown): AccessPrediction[][] {
  const groups: AccessPrediction[][] = [];
  for (const a of accesses) {
    const same = groups.find(
      ([b]) =>
        shown !== 'all' &&
        b !== undefined &&
        describeOutcome(a.outcome) === describeOutcome(b.outcome) &&
        a.because === b.because,
    );
    if (same) same.push(a);
    else groups.push([a]);
  }
  return groups;
}

/** Why a row is so. */
const reasonOf = (row: Row): string =>
  refused(row) ? row.p.slot.because : (row.m.accesses[0]?.because ?? '');

function predictAnswer(predictions: readonly Arm64Asked[], shown: Shown): TextAnswer {
  return predictionsAnswer(
    predictions,
    rowsOf,
    COLUMNS,
    (only, look) => predictionLines(only, look, shown),
    reasonOf,
    shown,
  );
}

function predictionLines(p: Arm64Asked, look: Look, shown: Shown): string[] {
  const { style, width } = look;
  const notes = shown === 'none' ? [] : p.notes;
  return [
    style.bold(`${eraText(p.kernel, p.era)}  ${p.title}`),
    `  CPU ${p.cpuName}; slot flags ${p.slotFlags.join(', ') || 'none'}; evidence ${gradeText(p.grade)}`,
    ...cpuLines(p.cpuEvidence, style, width),
    '',
    ...labelled('slot', slotText(p.slot.outcome), width, LABEL),
    ...labelled('', p.slot.because, width, LABEL),
    ...traceLines(p.slot.trace, style, width, shown),
    ...p.mappings.flatMap(m => mappingLines(m, p.slot.outcome.ok, look, shown)),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap(note => labelled('note', note, width, LABEL)),
  ];
}

function slotText(o: Arm64Prediction['slot']['outcome']): string {
  if (!o.ok) return `refused, -${o.errno} (${o.why})`;
  return o.eager ? `accepted, mapped at once ${o.eager.p} ${o.eager.t}` : 'accepted';
}

function mappingLines(m: MappingPrediction, exists: boolean, look: Look, shown: Shown): string[] {
  const { style, width } = look;
  const { mapping, accesses } = m;
  const what =
    mapping.name === undefined ? '' : `  ${mapping.flags.join('|')} ${mapping.pgprot} ${mapping.pfn}`;
  return [
    '',
    style.bold(mappingName(mapping)) + what,
    ...(exists ? [] : ['  (what a fault would do if the slot existed)']),
    ...alike(accesses, shown).flatMap(same => accessLines(same, look, shown)),
    ...(accesses.some(a => a.access === 'write')
      ? []
      : labelled(
          'store',
          'never faults here: the host does not let KVM write the page, or the slot is read-only',
          width,
          LABEL,
        )),
    ...(m.leaf === undefined ? [] : leafLines(m.leaf, width)),
    ...m.hazards.flatMap(h => labelled('hazard', `${h.id}: ${h.says}`, width, LABEL)),
  ];
}

/** Accesses that are alike: their outcome and its reason once. */
function accessLines(same: readonly AccessPrediction[], { style, width }: Look, shown: Shown): string[] {
  const [a] = same;
  if (a === undefined) return [];
  const label = same.map(x => ACCESS_NAME[x.access]).join(', ');
  return [
    ...labelled(label, describeOutcome(a.outcome), width, LABEL),
    ...labelled('', `${a.because} [${a.decidedBy}, ${a.grade}]`, width, LABEL),
    ...traceLines(a.trace, style, width, shown),
  ];
}

function leafLines(leaf: NonNullable<MappingPrediction['leaf']>, width: number): string[] {
  const { dcache, icache, possible } = leaf.maintenance;
  const owed = [dcache ? 'D-cache clean' : '', icache ? 'I-cache invalidation' : '']
    .filter(Boolean)
    .join(' and ');
  const maintenance = owed === '' ? 'none owed' : `${owed} owed; possible: ${possible}`;
  return [
    ...guestLines(leaf.guest, GUEST_TYPES, width),
    ...labelled('maintenance', maintenance, width, LABEL),
    ...(leaf.size === undefined
      ? []
      : labelled('size', `${leaf.size.size}: ${leaf.size.steps.join('; ') || 'a page'}`, width, LABEL)),
  ];
}

// ---- search, migrate --------------------------------------------------------------------------------------------

/** An input with what becomes of it. */
function exampleText({ verdict, ...point }: Point & { readonly verdict: Verdict }): string {
  const faults = ACCESSES.map(access => {
    const o = verdict.faults[access];
    const leaf = o?.r === 'map' ? ` ${o.p}${o.ic ? ' +I-cache invalidation' : ''}` : '';
    return `${access} ${outcomeWord(o)}${leaf}`;
  });
  const slot = verdict.slot.ok ? 'accepted' : `refused -${verdict.slot.errno}`;
  return `${[...point.flags, point.pgprot, point.pfn].join(' ')}, CPU ${cpuName(point.cpu)}: slot ${slot}; ${faults.join(', ')}`;
}

/** `Normal-WB -> Device-nGnRE whatever the guest says`; the guest's types are named only where they matter. */
function viewsText(views: Arm64Migration['viewChanges']): string {
  const groups = new Map<string, string[]>();
  for (const v of views) {
    const text = `${v.from} -> ${v.to}`;
    groups.set(text, [...(groups.get(text) ?? []), v.guest]);
  }
  return [...groups].map(([text, guests]) => `${text} for guest ${guests.join(', ')}`).join('; ');
}

function migrationText({ result, viewChanges, hazards }: Arm64Migration): string {
  const views = viewsText(viewChanges);
  switch (result.outcome) {
    case 'ok': {
      const but = [views, hazards.length === 0 ? '' : `${hazards.join(', ')} on both sides`]
        .filter(Boolean)
        .join('; ');
      return `${result.type} on both sides${but === '' ? '' : `, but ${but}`}`;
    }
    case 'silent-type-change':
      return `${result.from} -> ${result.to}: ${views}`;
    default: {
      const destination = result.outcome === 'destination-fails';
      return result.at === 'memslot'
        ? `slot creation fails -${result.errno}${destination ? ', before the source stops' : ''} (${result.why})`
        : `the first fault fails -${result.errno}${destination ? ', after the source has stopped' : ''} (${result.why})`;
    }
  }
}

export const arm64Questions: QuestionsReport<Arm64Types> = { predictAnswer, exampleText, migrationText };
