/**
 * Reports of an exception by firmware, hypervisors and other kernels: a syndrome, an address, registers beside them, in
 * whatever order the tool prints them. What the rows of a format find is gathered here into one fault.
 */
import type { Line } from '../lines.ts';
import type { Fault } from '../model.ts';
import { known, type Row, type Sink } from '../recogniser.ts';

export type ExceptionLevel = 1 | 2 | 3;

/** A syndrome of parts that are printed apart: class, length of the instruction, the rest [Arm ARM, ESR_ELx]. */
export const syndromeOf = (ec: bigint, il: bigint, iss: bigint): bigint => (ec << 26n) | (il << 25n) | iss;
/** The exception class of a syndrome. */
export const classOf = (esr: bigint): bigint => esr >> 26n;

/** What a line says of an exception. */
export interface Said {
  readonly esr?: bigint | undefined;
  readonly far?: bigint | undefined;
  readonly hpfar?: bigint | undefined;
  readonly el?: ExceptionLevel | undefined;
  /** Other registers by their names. */
  readonly registers?: Readonly<Record<string, bigint>>;
}

interface Report {
  readonly group: number;
  readonly said: Said;
  readonly line: Line;
}

/** A line of a report stands at most this far below the one before it. */
const NEAR = 64;

/** The report that is being read. */
export class AbortReport {
  readonly #otherwise: ExceptionLevel;
  #open: Report | undefined;
  #last = 0;

  /** @param otherwise the exception level of a tool that does not print it */
  constructor(otherwise: ExceptionLevel) {
    this.#otherwise = otherwise;
  }

  /** A heading: what follows is another report. */
  begin(line: Line, out: Sink, el?: ExceptionLevel): void {
    this.close(out);
    this.#open = { group: out.group(), line, said: el === undefined ? {} : { el } };
    this.#last = line.number;
  }

  take(line: Line, said: Said, out: Sink): void {
    const before = this.#open?.said;
    const again = (['esr', 'far', 'hpfar'] as const).some(
      key => said[key] !== undefined && before?.[key] !== undefined && before[key] !== said[key],
    );
    if (before === undefined || again || line.number - this.#last > NEAR) this.begin(line, out);
    const { group, said: there, line: first } = this.#open as Report;
    this.#last = line.number;
    const el = said.el ?? there.el ?? this.#otherwise;
    this.#open = {
      group,
      line: there.esr === undefined && said.esr !== undefined ? line : first,
      said: known<Said>({ ...there, ...known<Said>({ ...said }), el }),
    };
    const { esr, far, hpfar, registers } = said;
    const all = { [`ESR_EL${el}`]: esr, [`FAR_EL${el}`]: far, HPFAR_EL2: hpfar, ...registers };
    for (const [name, value] of Object.entries(all))
      if (value !== undefined) out.put(line, { is: 'register', name, value }, group);
  }

  /** The group that entries of the walk belong to, and the address that they translate. */
  get walked(): { readonly group: number; readonly input?: bigint } | undefined {
    const open = this.#open;
    return open && { group: open.group, ...(open.said.far === undefined ? {} : { input: open.said.far }) };
  }

  get hasSyndrome(): boolean {
    return this.#open?.said.esr !== undefined;
  }

  /** The report is complete. */
  close(out: Sink): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    const { esr, far: address, hpfar, el } = open.said;
    if (esr === undefined && address === undefined && hpfar === undefined) return;
    out.put(open.line, known<Fault>({ is: 'fault', arch: 'arm64', address, esr, hpfar, el }), open.group);
  }
}

/** A row whose line says something of an exception; undefined where it is somebody else's line. */
export const says = <S extends { readonly report: AbortReport }>(
  like: RegExp,
  proof: number,
  read: (m: RegExpExecArray, state: S) => Said | undefined,
): Row<S> => ({
  like,
  proof,
  read: (m, { line, state, out }) => {
    const said = read(m, state);
    if (said === undefined) return false;
    state.report.take(line, said, out);
    return true;
  },
});

/** A row whose line begins a report. */
export const begins = <S extends { readonly report: AbortReport }>(
  like: RegExp,
  proof: number,
  el?: (m: RegExpExecArray) => ExceptionLevel | undefined,
): Row<S> => ({
  like,
  proof,
  read: (m, { line, state, out }) => state.report.begin(line, out, el?.(m)),
});
