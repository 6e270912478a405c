/** Answers on the process's streams: the form that the options ask for, the look of the terminal. */
import { type Answer, print as write } from '../report/answer.ts';
import { type Globals, outputOf } from './command.ts';
import { type Io, look } from './io.ts';

/** Print an answer on stdout. @throws FormError where it has no such form */
export const print = <R>(answer: Answer<R>, args: Globals, io: Io): void =>
  write(answer, {
    output: outputOf(args),
    look: () => look(io, args),
    write: text => io.out.write(text),
  });
