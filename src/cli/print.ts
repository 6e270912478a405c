/** Answers on the process's streams: the form that the options ask for, the look of the terminal. */
import {
  type Answer,
  type Form,
  type Output,
  print as once,
  type Printer,
  printer as parts,
} from '../report/answer.ts';
import { harmless, harmlessJson, harmlessPainted } from '../report/harmless.ts';
import { type Globals, outputOf } from './command.ts';
import { type Io, look } from './io.ts';
import { UsageError } from './trouble.ts';

/** The form that was asked for, on stdout. */
export function formOf(args: Globals, io: Io): Form {
  const output = outputOf(args);
  const safe = output === 'json' ? harmlessJson : output === 'table' ? harmlessPainted : harmless;
  return {
    output,
    look: () => look(io, args),
    write: text => io.out.write(safe(text)),
  };
}

/** Print an answer on stdout. @throws FormError where it has no such form */
export const print = <R>(answer: Answer<R>, args: Globals, io: Io): void => once(answer, formOf(args, io));

/** Print an answer that comes in parts. */
export const printer = (args: Globals, io: Io): Printer => parts(formOf(args, io));

/**
 * Some answers are no rows. Said before anything is read.
 *
 * @throws UsageError for CSV and Markdown, with the sentence that is made of the form
 */
export function refuseRows(args: Globals, sentence: (output: Output) => string): void {
  const output = outputOf(args);
  if (output === 'csv' || output === 'markdown') throw new UsageError(sentence(output));
}
