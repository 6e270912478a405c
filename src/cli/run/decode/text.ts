/** `decode` on pasted text: standard input is looked at, read, and handed to the printer. */

import { saidOf } from '../../../machine/machine.ts';
import { type Asked, type PastedBatch, type PastedEnd, readPasted } from '../../../pasted/read.ts';
import { printPasted } from '../../../report/pasted.ts';
import { doubtText } from '../../../report/pasted-page.ts';
import { recogniserById } from '../../../text/formats/index.ts';
import type { Recognised } from '../../../text/model.ts';
import { decoderFor, isPastedText, PEEK } from '../../../text/sniff.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { formOf } from '../../print.ts';
import { EXIT, InputError } from '../../trouble.ts';
import { refusePacked } from '../../words.ts';

/** Does a text begin with a record that `--json` printed? */
const areRecords = (beginning: string): boolean =>
  /^\s*\{\s*"schema"\s*:\s*"memattr\.[\w.-]+\/\d+"/.test(beginning);

export interface Pasted {
  /** Text that some format knows, as against bare words. */
  readonly text: boolean;
  /** Records that `--json` printed. */
  readonly records: boolean;
  /** Standard input again, from its start. */
  readonly chunks: () => Iterable<Uint8Array>;
}

/** Looks at the beginning of standard input and gives it back whole. */
export function peek(io: Io): Pasted {
  const source = io.stdin.chunks()[Symbol.iterator]();
  const held: Uint8Array[] = [];
  let size = 0;
  while (size < PEEK) {
    const { done, value } = source.next();
    if (done) break;
    held.push(value);
    size += value.length;
  }
  const chunks = function* (): Generator<Uint8Array> {
    yield* held;
    for (let next = source.next(); !next.done; next = source.next()) yield next.value;
  };
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of held) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const records = areRecords(new TextDecoder().decode(bytes.subarray(0, 256)));
  return { text: !records && isPastedText(bytes), records, chunks };
}

export const isTextFormat = (name: string): boolean => recogniserById(name) !== undefined;

export interface TextArgs extends Globals {
  readonly all?: boolean | undefined;
  readonly brief?: boolean | undefined;
}

/** @throws InputError where nothing in the text is understood, or where it is compressed. */
export function answer({ chunks }: Pasted, asked: Asked, args: TextArgs, io: Io): number {
  let end: PastedEnd | undefined;
  const batches = function* (): Generator<PastedBatch> {
    for (const batch of readPasted(decoded(chunks(), io.stdin.name), asked)) {
      end = batch.end;
      if (end) refuseUnknown(end.recognised, io.stdin.name);
      yield batch;
    }
  };
  const say = (text: string): void => io.err.write(`memattr decode: ${text}\n`);
  const form = formOf(args, io);
  printPasted(
    batches(),
    form.output === 'markdown' ? { ...form, output: 'table' } : form, // a page of tables, not one
    {
      all: args.all === true,
      brief: args.brief === true,
      leftOut: items => say(`${items} items are no rows of this table; --json prints all`),
    },
  );
  if (!end) return EXIT.answer;
  const { recognised, doubt, faulty, machine } = end;
  for (const { kind, text, line, count } of recognised.remarks)
    if (kind === 'trouble')
      say(`${line === undefined ? '' : `line ${line}: `}${text}${count > 1 ? ` (${count} times)` : ''}`);
  // remarks are of the options, which said them
  for (const text of saidOf({ ...machine, remarks: [] })) say(text);
  if (doubt !== undefined) say(doubtText(doubt));
  return faulty ? EXIT.findings : EXIT.answer;
}

function* decoded(chunks: Iterable<Uint8Array>, name?: string): Generator<string> {
  let decoder: ReturnType<typeof decoderFor> | undefined;
  for (const chunk of chunks) {
    if (decoder === undefined) refusePacked(chunk, name);
    decoder ??= decoderFor(chunk);
    yield decoder.decode(chunk, { stream: true });
  }
}

function refuseUnknown({ parts, unknownSamples: [first] }: Recognised, name = 'stdin'): void {
  if (parts.length > 0) return;
  throw new InputError(
    first === undefined
      ? `${name}: no text`
      : `${name}, line ${first.line}: '${first.text.slice(0, 60)}' is no number and no line of a text that memattr reads`,
  );
}
