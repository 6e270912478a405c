/** Which bits of an x86 entry deny an access. */
import { decode } from '../../bits/codec.ts';
import type { Access, Controls } from '../../faults/claim.ts';
import { fieldsOf, rightsIn } from '../../faults/rights.ts';
import type { Regime } from '../../walk/regime.ts';
import type { Step } from '../../walk/translate.ts';
import { cr0Layout } from '../registers/control.ts';

/** Ordinary and nested paging: R/W, U/S and XD of every entry. */
function ordinary({ reading }: Step, { access, by }: Access, controls: Controls): string[] {
  const word = controls('CR0');
  // the supervisor may write what is read-only with CR0.WP = 0; without CR0 it is taken to be on
  const protects = by === 'unprivileged' || word === undefined || decode(cr0Layout, word).wp === 1;
  const rights = rightsIn(reading.facts.permissions);
  return [
    ...(by === 'unprivileged' && rights.u === 0 ? ['U/S = 0: supervisor only'] : []),
    ...(access === 'write' && rights.w === 0 && protects ? ['R/W = 0: read-only'] : []),
    ...(access === 'fetch' && rights.x === 0 ? ['XD = 1: execute-disable'] : []),
  ];
}

function ept({ reading }: Step, { access, by }: Access): string[] {
  const { r, w, x, xu } = rightsIn(reading.facts.permissions);
  const fetches = by === 'unprivileged' ? (xu ?? x) : x;
  return [
    ...(access === 'read' && r === 0 ? ['R = 0: not readable'] : []),
    ...(access === 'write' && w === 0 ? ['W = 0: not writable'] : []),
    ...(access === 'fetch' && fetches === 0
      ? [
          by === 'unprivileged' && xu !== undefined
            ? 'XU = 0: not executable in user mode'
            : 'X = 0: not executable',
        ]
      : []),
  ];
}

/** A shadow-stack page is read-only and dirty, under tables that permit writes [SDM, "Shadow-Stack Accesses"]. */
function shadowStack(step: Step, { by }: Access): string[] {
  const rights = rightsIn(step.reading.facts.permissions);
  const { d } = fieldsOf(step);
  const leaf = step.kind === 'leaf';
  return [
    ...(by === 'unprivileged' && rights.u === 0 ? ['U/S = 0: supervisor only'] : []),
    ...(by === 'privileged' && leaf && rights.u === 1
      ? ['U/S = 1: a user page is no shadow stack of the supervisor']
      : []),
    ...(leaf && rights.w === 1 ? ['R/W = 1: no shadow-stack page'] : []),
    ...(leaf && d === 0 ? ['D = 0: no shadow-stack page'] : []),
    ...(!leaf && rights.w === 0 ? ['R/W = 0: nothing below is a shadow stack'] : []),
  ];
}

/** `R/W = 0: read-only`: one phrase for each reason. */
export function denials(step: Step, { id }: Regime, access: Access, controls: Controls): readonly string[] {
  if (id === 'x86.ept') return ept(step, access);
  if (access.shadowStack && id !== 'x86.npt') return shadowStack(step, access);
  // every nested access is a user access
  return ordinary(step, id === 'x86.npt' ? { ...access, by: 'unprivileged' } : access, controls);
}
