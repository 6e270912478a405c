/** Why an access faulted although every entry permits it: rules of the manuals beside rights, in the order of their checks. */
import type { Ref } from '../bits/spec.ts';
import type { Translation } from '../walk/translate.ts';
import type { Claim, Controls } from './claim.ts';

/** What a suspect or a reason is, whatever the case. */
export interface SuspectKind {
  /** Names the rule: `overlay`, `device-alignment`, `stale-tlb`. */
  readonly id: string;
  /** One sentence. */
  readonly means: string;
  /** Where a manual has the rule. */
  readonly ref?: Ref;
}

/** Rows by their ids, each with its id in it. */
export const suspectKinds = <T extends Readonly<Record<string, Omit<SuspectKind, 'id'>>>>(
  rows: T,
): { readonly [K in keyof T & string]: T[K] & { readonly id: K } } =>
  Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, { ...row, id }])) as {
    readonly [K in keyof T & string]: T[K] & { readonly id: K };
  };

/** Something to look at next. */
export interface Suspect extends SuspectKind {
  /** One sentence, with the bits or the register that it rests on. */
  readonly says: string;
}

export interface Reason extends Suspect {
  readonly ref: Ref;
  /** What was given proves it: it is the verdict. Otherwise it is possible, and something that would decide it is not known. */
  readonly certain: boolean;
}

/** A fault whose entries are no reason, and what is known beside them. */
export interface Case {
  readonly claim: Claim;
  readonly walk: Translation;
  /** Registers of the moment of the access. */
  readonly controls: Controls;
  /** May the unprivileged level read the page, as far as the entries go? */
  readonly user: boolean;
}

/** A rule: its reason where it can be one, or nothing. */
export type ReasonRule = (at: Case) => Reason | undefined;

/** Every reason that there can be, the certain ones first. */
export const reasonsOf = (rules: readonly ReasonRule[], at: Case): readonly Reason[] =>
  rules.flatMap(rule => rule(at) ?? []).sort((a, b) => Number(b.certain) - Number(a.certain));
