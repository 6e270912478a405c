/** A set of MTRRs that was made for a map. Its lines are NAME=VALUE, which every `-r` takes. */
import { hexWord } from '../bits/word.ts';
import type { MtrrSet, MtrrValue } from '../x86/memtype/mtrr-map.ts';
import type { Answer } from './answer.ts';
import { SCHEMA } from './records.ts';
import type { Look } from './style.ts';
import type { Column } from './table.ts';

const COLUMNS: readonly Column<MtrrValue>[] = [
  { title: 'register', text: ({ name }) => name },
  { title: 'value', text: ({ value }) => hexWord(value) },
  { title: 'says', text: ({ says }) => says },
];

/** @param assumed what had to be taken for granted, a sentence each */
export const mtrrAnswer = (made: MtrrSet, assumed: readonly string[]): Answer<MtrrValue> => ({
  records: [
    {
      schema: SCHEMA.mtrr,
      used: made.used,
      fixed: made.fixed,
      assumed,
      registers: Object.fromEntries(made.registers.map(({ name, value }) => [name, hexWord(value)])),
    },
  ],
  rows: made.registers,
  columns: COLUMNS,
  lines: look => lines(made, assumed, look),
});

function* lines(
  { registers, used, fixed }: MtrrSet,
  assumed: readonly string[],
  { style }: Look,
): Generator<string> {
  const width = Math.max(...registers.map(({ name }) => name.length)) + 19;
  for (const { name, value, says } of registers)
    yield `${`${name}=${hexWord(value)}`.padEnd(width)}  ${style.dim(`# ${says}`)}`;
  yield style.dim(`# ${used} variable ranges used${fixed ? ', fixed ranges on' : ''}`);
  for (const text of assumed) yield style.dim(`# assumed ${text}`);
}
