/** Every verb, in the order of the help. */
import type { Command } from './command.ts';
import bench from './commands/bench.ts';
import decode from './commands/decode.ts';
import diff from './commands/diff.ts';
import effective from './commands/effective.ts';
import encode from './commands/encode.ts';
import explainFault from './commands/explain-fault.ts';
import formats from './commands/formats.ts';
import kvm from './commands/kvm.ts';
import lint from './commands/lint.ts';
import reg from './commands/reg.ts';
import rmap from './commands/rmap.ts';
import roots from './commands/roots.ts';
import translate from './commands/translate.ts';
import walk from './commands/walk.ts';

export const verbs: readonly Command[] = [
  decode,
  encode,
  reg,
  formats,
  effective,
  walk,
  translate,
  rmap,
  roots,
  diff,
  lint,
  explainFault,
  kvm,
  bench,
];
