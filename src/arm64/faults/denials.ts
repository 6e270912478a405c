/** Which bits of an arm64 entry deny an access. */
import { binary, readRow } from '../../bits/codec.ts';
import { rowWidth } from '../../bits/format.ts';
import type { Access } from '../../faults/claim.ts';
import { fieldsOf, type Rights, rightsIn } from '../../faults/rights.ts';
import type { Regime } from '../../walk/regime.ts';
import type { Step } from '../../walk/translate.ts';

/** What a table of stage 1 takes away from all below it: APTable, PXNTable, UXNTable. */
function table(step: Step, { access, by }: Access): string[] {
  const d = fieldsOf(step);
  const low = by === 'unprivileged';
  const { ap = 0, x1, x0 } = rightsIn(step.reading.facts.limits);
  const bits = d.apTable ?? (d.apTable1 === undefined ? undefined : Number(d.apTable1) << 1);
  const named = `APTable = ${binary(bits ?? 0, 2)}`;
  return [
    ...(access === 'write' && ap & 2 ? [`${named}: nothing below is writable`] : []),
    ...(low && access !== 'fetch' && ap & 1 ? [`${named}: nothing below is for EL0`] : []),
    ...(access === 'fetch' && !low && x1
      ? [`${d.pxnTable === undefined ? 'XNTable' : 'PXNTable'} = 1: nothing below is executable`]
      : []),
    ...(access === 'fetch' && low && x0 ? ['UXNTable = 1: nothing below is executable at EL0'] : []),
  ];
}

function stage1(step: Step, asked: Access): string[] {
  if (step.reading.kind === 'table') return table(step, asked);
  const { access, by } = asked;
  const d = fieldsOf(step);
  const low = by === 'unprivileged';
  const permissions = step.reading.facts.permissions as { priv?: Rights; unpriv?: Rights } | undefined;
  const own = low ? permissions?.unpriv : permissions?.priv;
  if (!own) return [];
  const at = low ? ' at EL0' : '';
  // a Guarded Control Stack is a page of its own kind, which indirect permissions alone can make [Arm ARM, FEAT_GCS]
  if (asked.shadowStack && !own.gcs)
    return [
      d.piIndex === undefined
        ? `no Guarded Control Stack page${at}: direct permissions give none`
        : `PIIndex = ${d.piIndex}: no Guarded Control Stack page${at}`,
    ];
  if (asked.shadowStack) return [];
  const right = access === 'fetch' ? own.x : access === 'write' ? own.w : own.r;
  if (right !== 0) return [];
  const lost = lostOf(step, asked);
  if (lost !== undefined) return [`${lost}${at}`];
  if (d.piIndex !== undefined) return [`PIIndex = ${d.piIndex}: permits no ${access}${at}`];
  const ap =
    d.ap === undefined ? (d.ap2 === undefined ? '' : `AP[2] = ${d.ap2}`) : `AP[2:1] = ${binary(d.ap, 2)}`;
  if (access !== 'fetch') {
    const dirty = access === 'write' && d.dbm ? ', with DBM = 1 and hardware dirty state off' : '';
    return [`${ap}: ${access === 'write' && own.r ? 'read-only' : 'no access'}${at}${dirty}`];
  }
  const never = low ? 'uxn' : d.pxn === undefined ? 'xn' : 'pxn';
  if (d[never]) return [`${never.toUpperCase()} = 1: execute-never${at}`];
  return [`${ap}: EL0 may write it, or WXN = 1, so it is never executable here`];
}

/** What takes a right that the entry grants: the overlay, the WXN flag of PIR_ELx, or the dirty state. */
function lostOf(step: Step, { access, by }: Access): string | undefined {
  const granted = step.reading.facts.granted as ({ priv?: Rights; unpriv?: Rights } & Rights) | undefined;
  if (granted === undefined) return undefined;
  const own = granted.priv === undefined ? granted : by === 'unprivileged' ? granted.unpriv : granted.priv;
  const right = access === 'fetch' ? own?.x : access === 'write' ? own?.w : own?.r;
  if (!right) return undefined;
  const d = fieldsOf(step);
  const clean = step.reading.findings.some(({ id }) => id === 'clean');
  if (access === 'write' && clean)
    return d.dirty === undefined
      ? 'nDirty = 1: the entry is clean, and hardware does not manage the dirty state'
      : 'Dirty = 0: the entry is clean, and hardware does not manage the dirty state';
  if (d.poIndex !== undefined) return `POIndex = ${d.poIndex}: the overlay takes the ${access} away`;
  return `PIIndex = ${d.piIndex}: what may be written is not executed`;
}

/** A field's value as the manual prints it, in as many bits as the layout in force gives it. */
function shown({ reading: { format, raw } }: Step, key: string): string {
  const row = format.rows.find(one => one.key === key);
  return row ? binary(readRow(row, raw), rowWidth(row)) : '';
}

/** Stage 2 has no hierarchical attributes: leaves alone decide. */
function stage2(step: Step, { access, by }: Access): string[] {
  if (step.kind !== 'leaf') return [];
  const d = fieldsOf(step);
  const { r, w, x1, x0 } = rightsIn(step.reading.facts.permissions);
  const indirect =
    lostOf(step, { access, by }) ??
    (d.piIndex === undefined ? undefined : `PIIndex = ${d.piIndex}: permits no ${access}`);
  if (access === 'fetch') {
    const denied = by === 'unprivileged' ? x0 === 0 : by === 'privileged' ? x1 === 0 : x1 === 0 || x0 === 0;
    if (!denied) return [];
    const who = x1 === 0 && x0 === 0 ? '' : x1 === 0 ? ' at EL1' : ' at EL0';
    return [indirect ?? `XN = ${shown(step, 'xn')}: execute-never${who}`];
  }
  const denied = access === 'write' ? w === 0 : r === 0;
  if (!denied) return [];
  return [indirect ?? `S2AP = ${shown(step, 's2ap')}: not ${access === 'write' ? 'writable' : 'readable'}`];
}

/** `APTable = 0b10: nothing below is writable`: one phrase for each reason. */
export const denials = (step: Step, { stage }: Regime, access: Access): readonly string[] =>
  stage === 2 ? stage2(step, access) : stage1(step, access);
