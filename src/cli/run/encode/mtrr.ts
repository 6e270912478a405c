/** `encode mtrr --map`: a set of MTRRs for the types that somebody wants. */
import { integer, parseSettings } from '../../../bits/settings.ts';
import { parseCount, parseWord } from '../../../bits/word.ts';
import { valuesOf } from '../../../machine/machine.ts';
import { mtrrAnswer } from '../../../report/mtrr.ts';
import { encodeMtrrs, type WantedType } from '../../../x86/memtype/mtrr-map.ts';
import { mtrrCap } from '../../../x86/registers/mtrr.ts';
import type { MemoryType } from '../../../x86/values/attributes.ts';
import { parseType } from '../../../x86/values/names.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { pairsOf } from '../../names.ts';
import { print } from '../../print.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { type MachineArgs, machineGiven } from '../machine.ts';

const EXAMPLE = '--map 0-0xbfffffff=WB,0xc0000000+256M=UC';
const PAGE = 4096n;
/** The least that a processor with MTRRs has had. */
const FEWEST = 8;
const settings = { maxphyaddr: integer(32, 52, 'Physical address bits', 46) } as const;

function typeOf(text: string): MemoryType {
  const type = parseType(text);
  if (type === undefined || type === 'UC-')
    throw new UsageError(`no MTRR type '${text}'; there are UC, WC, WT, WP, WB`);
  return type;
}

/** `START-END=TYPE` or `START+SIZE=TYPE`. END is the last byte; a whole number of pages is the byte behind it. */
function rangeOf(text: string): WantedType {
  const [, from, sign, to, type] = /^\s*(\w+)\s*([-+])\s*(\w+)\s*=\s*([\w-]+)\s*$/.exec(text) ?? [];
  if (from === undefined || to === undefined || type === undefined)
    throw new UsageError(`'${text}' is no START-END=TYPE and no START+SIZE=TYPE; an example: ${EXAMPLE}`);
  const start = parseWord(from);
  if (sign === '+') return { start, end: start + parseCount(to), type: typeOf(type) };
  const last = parseWord(to);
  return { start, end: last % PAGE === 0n ? last : last + 1n, type: typeOf(type) };
}

interface MapArgs extends Globals, Partial<MachineArgs> {
  readonly format: string;
  readonly fields: readonly string[];
  readonly type?: string | undefined;
  readonly perm?: string | undefined;
  readonly oa?: string | undefined;
  readonly from?: string | undefined;
  readonly map?: string | undefined;
  readonly default?: string | undefined;
  readonly set: readonly string[];
}

export async function encodeMap(args: MapArgs, io: Io): Promise<number> {
  if (args.map === undefined)
    throw new UsageError(
      `MTRRs are a set: say which addresses shall have which type, ${EXAMPLE}; memattr encode mtrr_physbase makes one register`,
    );
  if (args.format.toLowerCase() !== 'mtrr')
    throw new UsageError(`--map and --default are of encode mtrr, not of ${args.format}`);
  const other = (['type', 'perm', 'oa', 'from'] as const).find(key => args[key] !== undefined);
  if (other !== undefined || args.fields.length > 0)
    throw new UsageError(
      `${other ? `--${other}` : args.fields[0]} does not go with --map: it makes one word`,
    );
  const given = parseSettings(settings, pairsOf(args.set));
  const { cpus } = await machineGiven({ ...args, reg: args.reg ?? [] }, undefined, [], io);
  const cap = cpus[0] && valuesOf(cpus[0]).get('MTRRCAP');
  const count = cap === undefined ? FEWEST : mtrrCap.read(cap, {}).facts.variableRanges;
  const maxphyaddr = given.maxphyaddr ?? settings.maxphyaddr.default;
  const ranges = args.map
    .split(',')
    .filter(part => part.trim() !== '')
    .map(rangeOf);
  const defaultType = typeOf(args.default ?? 'UC');
  const made = encodeMtrrs({ ranges, defaultType, maxphyaddr, count });
  const assumed = [
    ...(given.maxphyaddr === undefined
      ? [
          `MAXPHYADDR ${maxphyaddr}: with fewer bits these masks raise #GP(0), with more they are incomplete (--set maxphyaddr=N)`,
        ]
      : []),
    ...(cap === undefined ? [`${FEWEST} variable ranges (--reg IA32_MTRRCAP=VALUE)`] : []),
    ...(args.default === undefined ? ['default type UC (--default TYPE)'] : []),
  ];
  print(mtrrAnswer(made, assumed), args, io);
  return EXIT.answer;
}
