/** `explain-fault`: what the hardware said of a fault, held against a dump, bare entries, or a kernel’s own message. */

import { descriptors } from '../../arch/descriptors.ts';
import { architectureFaults, faultsOf } from '../../arch/faults.ts';
import { walksOf } from '../../arch/walks.ts';
import { abortClaim } from '../../arm64/faults/claims.ts';
import { parseSettings, type SettingTable } from '../../bits/settings.ts';
import { parseWord } from '../../bits/word.ts';
import type { Claim } from '../../faults/claim.ts';
import { walkEntries } from '../../faults/entries.ts';
import { lookUp } from '../../faults/look.ts';
import { explain } from '../../faults/verdict.ts';
import { valuesOf } from '../../machine/machine.ts';
import { revealed } from '../../pasted/entry.ts';
import { type ExplainedFault, faultAnswer } from '../../report/fault.ts';
import type { Given } from '../../text/context.ts';
import type { Entry, Fault, Item } from '../../text/model.ts';
import { TextReader } from '../../text/read.ts';
import type { Registers } from '../../text/registers.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  nestedFaultClaim,
  pageFaultClaim,
} from '../../x86/faults/claims.ts';
import type { Globals } from '../command.ts';
import { textOf } from '../files.ts';
import type { Io } from '../io.ts';
import { pairsOf } from '../names.ts';
import { sayHex } from '../numbers.ts';
import { printer, refuseRows } from '../print.ts';
import { EXIT, InputError, UsageError } from '../trouble.ts';
import { type Dump, type DumpArgs, withDump } from './dump.ts';
import { machineGiven } from './machine.ts';

type FaultArgs = Omit<DumpArgs, 'dump'> &
  Globals & {
    readonly dump?: string | undefined;
    readonly esr?: string | undefined;
    readonly far?: string | undefined;
    readonly hpfar?: string | undefined;
    readonly 'pf-code'?: string | undefined;
    readonly cr2?: string | undefined;
    readonly 'ept-qualification'?: string | undefined;
    readonly 'ept-misconfig'?: boolean | undefined;
    readonly gpa?: string | undefined;
    readonly gla?: string | undefined;
    readonly npf?: string | undefined;
    readonly entries?: string | undefined;
    readonly as?: string | undefined;
    readonly text?: string | undefined;
  };

export async function run(args: FaultArgs, io: Io): Promise<number> {
  refuseRows(args, output => `explain-fault answers as text or as JSON, not as ${output}: a walk is a tree`);
  sayHex('explain-fault', numbersIn(args), io);
  const { dump } = args;
  if (dump !== undefined && args.entries !== undefined)
    throw new UsageError('give a dump or --entries, not both');
  if (dump !== undefined)
    return withDump('explain-fault', { ...args, dump }, io, opened =>
      print(answersOfDump(opened, claimsOf(args, io, stage2In(opened)), args), args, io),
    );
  const named = namedClaim(args, args.entries !== undefined && familyNamed(args.as) === SHORT.stage2);
  if (named) return print([ofEntries(named, args)], args, io);
  if (args.entries !== undefined)
    throw new UsageError('--entries needs the fault: --esr, --pf-code, --ept-qualification or --npf');
  return print(answersOfText(args, io), args, io);
}

// ------------------------------------------------------------------------------------------------------- claims

/** Every number that options give. */
const numbersIn = (args: FaultArgs): readonly (string | undefined)[] => [
  ...[
    args.esr,
    args.far,
    args.hpfar,
    args['pf-code'],
    args.cr2,
    args['ept-qualification'],
    args.gpa,
    args.gla,
  ],
  ...[args.npf, args.entries].flatMap(text => text?.split(/[\s,]+/) ?? []),
];

const word = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : parseWord(text);

/** The fault that options describe. */
function namedClaim(args: FaultArgs, stage2: boolean): Claim | undefined {
  const kinds = (['esr', 'pf-code', 'ept-qualification', 'npf'] as const).filter(
    key => args[key] !== undefined,
  );
  if (kinds.length + (args['ept-misconfig'] ? 1 : 0) > 1)
    throw new UsageError(
      'one fault at a time: --esr, --pf-code, --ept-qualification, --ept-misconfig or --npf',
    );
  const [gpa, gla] = [word(args.gpa), word(args.gla)];
  if (args.esr !== undefined) {
    const el = args.el === undefined ? (args.hpfar === undefined ? 1 : 2) : (Number(args.el) as 1 | 2 | 3);
    const claim = abortClaim({
      esr: parseWord(args.esr),
      far: word(args.far),
      hpfar: word(args.hpfar),
      el,
      stage2,
    });
    if (claim) return claim;
    throw new UsageError(`ESR ${args.esr} is no abort: memattr reg ESR_EL1 ${args.esr} reads it`);
  }
  if (args['pf-code'] !== undefined) return pageFaultClaim(parseWord(args['pf-code']), word(args.cr2));
  if (args['ept-qualification'] !== undefined)
    return eptViolationClaim(parseWord(args['ept-qualification']), gpa, gla);
  if (args['ept-misconfig']) {
    if (gpa === undefined) throw new UsageError('--ept-misconfig needs --gpa');
    return eptMisconfigurationClaim(gpa);
  }
  if (args.npf !== undefined) {
    const [info1 = '', info2] = args.npf.split(/[\s,]+/);
    return nestedFaultClaim(parseWord(info1), word(info2) ?? gpa);
  }
  return undefined;
}

/** The faults to explain with a dump: from options, or from text. */
function claimsOf(args: FaultArgs, io: Io, stage2: boolean): readonly Claim[] {
  const named = namedClaim(args, stage2);
  if (named) return [named];
  return faultsIn(args, io).flatMap(({ fault }) => claimOfText(fault) ?? []);
}

/** A fault that a kernel reported of itself. */
const claimOfText = (fault: Fault): Claim | undefined => faultsOf(fault.arch).claim(fault);

// --------------------------------------------------------------------------------------------------------- dumps

const stage2In = ({ wanted }: Dump): boolean =>
  wanted.some(({ candidate: { regime } }) => regime.stage === 2);

function answersOfDump(
  { image, wanted }: Dump,
  claims: readonly Claim[],
  args: FaultArgs,
): readonly ExplainedFault[] {
  return claims.flatMap(claim => {
    const found = lookUp(claim, wanted, image.space, Number(args.el ?? 1), faultsOf(claim.architecture));
    if (found.length === 0)
      return [
        {
          claim,
          assumed: ['none of these translations is of the stage that faulted, or its address is not known'],
        },
      ];
    return found.map(({ root, walk, input, explanation }) => ({
      claim,
      root,
      regime: walk.regime,
      ...(input === undefined ? {} : { input }),
      explanation,
      assumed: [],
    }));
  });
}

// ------------------------------------------------------------------------------------------------------- entries

const SHORT: Readonly<Record<string, string>> = Object.assign(
  {},
  ...architectureFaults.map(({ entries }) => entries),
);

function familyNamed(as: string | undefined): string | undefined {
  if (as === undefined) return undefined;
  const family = SHORT[as] ?? Object.values(SHORT).find(id => id === as);
  if (family) return family;
  throw new UsageError(`--as takes ${Object.keys(SHORT).join(', ')}, not '${as}'`);
}

/** Levels -1 to 3 of arm64, 5 to 1 of x86. */
const MOST_LEVELS = 5;

function ofEntries(claim: Claim, args: FaultArgs): ExplainedFault {
  if (args.entries === undefined) return { claim, assumed: [] };
  const family = familyNamed(args.as) ?? claim.family;
  const words = args.entries
    .split(/[\s,]+/)
    .filter(text => text !== '')
    .map(parseWord);
  if (words.length === 0) throw new UsageError('--entries has no entries');
  if (words.length > MOST_LEVELS)
    throw new UsageError(
      `--entries takes one entry for each level, ${MOST_LEVELS} at most, not ${words.length}`,
    );
  const registers = registersOf(args);
  return answerOfWords(claim, family, words, settingsOf(family, claim, args, registers), registers);
}

/** Registers from the options, before the file. */
const registersOf = (args: FaultArgs): Registers => valuesOf(machineGiven(args).cpus[0] ?? new Map());

/** Settings from `--set`, before what registers say. */
function settingsOf(family: string, claim: Claim, args: FaultArgs, registers: Registers): Given {
  const table = descriptors.find(({ id }) => id === family)?.settings as SettingTable;
  const set = parseSettings(table, pairsOf(args.set)) as Given;
  const entry = { regime: { family }, ...(claim.input === undefined ? {} : { input: claim.input }) };
  return { ...revealed(entry, { registers, facts: new Map() }), ...set };
}

function answerOfWords(
  claim: Claim,
  family: string,
  words: readonly bigint[],
  given: Given,
  registers: Registers,
): ExplainedFault {
  const rules = faultsOf(claim.architecture);
  const input = claim.input ?? claim.va;
  const held = (given: Given) => {
    const entries = {
      ...{ family, words, given },
      ...(input === undefined ? {} : { input }),
      ...(claim.level === undefined ? {} : { faultLevel: claim.level }),
    };
    const start = walksOf(claim.architecture).startOf(entries);
    if (!start) throw new UsageError(`${family} is of no table that ${claim.architecture} walks`);
    const { walk, assumed } = walkEntries(start, entries);
    const explanation = explain(claim, walk, rules, name => registers.get(name));
    return { claim, regime: walk.regime, explanation, assumed };
  };
  const answer = held(given);
  // a clear Access flag is no fault where hardware sets it, and another fault says that it got past that
  if (answer.explanation.finds !== 'access-flag' || claim.cause === 'access-flag' || 'ha' in given)
    return answer;
  const other = held({ ...given, ha: 1 } as Given);
  return { ...other, assumed: [...other.assumed, 'HA = 1: hardware sets the Access flag'] };
}

// ---------------------------------------------------------------------------------------------------------- text

interface TextFault {
  readonly fault: Fault;
  readonly entries: readonly Entry[];
  readonly registers: Map<string, bigint>;
  readonly facts: Map<string, bigint | string>;
}

/** Faults in a text, each with what belongs to it. */
function faultsIn(args: FaultArgs, io: Io): readonly TextFault[] {
  const items: Item[] = [];
  const reader = new TextReader({ onItem: item => items.push(item) });
  if (args.text !== undefined) reader.write(textOf(args.text));
  else {
    if (io.stdin.terminal)
      throw new UsageError(
        'give the fault: --esr, --pf-code, --ept-qualification, --ept-misconfig, --npf, or a kernel message on stdin',
      );
    const decoder = new TextDecoder();
    for (const chunk of io.stdin.chunks()) reader.write(decoder.decode(chunk, { stream: true }));
  }
  reader.end();
  const faults = items.filter(item => item.is === 'fault');
  if (faults.length === 0)
    throw new InputError(
      `${args.text ?? 'stdin'}: no fault in this text; kernel messages of arm64 and x86 are understood, or say it with --esr, --pf-code…`,
    );
  return faults.map(fault => {
    const own = items.filter(({ group }) => group === fault.group || group === 0);
    return {
      fault,
      entries: own.filter(item => item.is === 'entry').filter(({ folded }) => folded !== true),
      registers: new Map(own.flatMap(item => (item.is === 'register' ? [[item.name, item.value]] : []))),
      facts: new Map(own.flatMap(item => (item.is === 'fact' ? [[item.name, item.value]] : []))),
    };
  });
}

function answersOfText(args: FaultArgs, io: Io): readonly ExplainedFault[] {
  return faultsIn(args, io).flatMap(({ fault, entries, registers, facts }) => {
    const claim = claimOfText(fault);
    if (!claim) return [];
    const [first] = entries;
    const family = Object.values(SHORT).find(id => id === first?.regime?.family);
    if (!first || !family) return [{ claim, assumed: [] }];
    const table = descriptors.find(({ id }) => id === family)?.settings as SettingTable;
    const given = {
      ...revealed(fault.address === undefined ? first : { ...first, input: fault.address }, {
        registers,
        facts,
      }),
      ...(parseSettings(table, pairsOf(args.set)) as Given),
    };
    const words = entries.map(entry => entry.word);
    return [answerOfWords(claim, family, words, given, registers)];
  });
}

// --------------------------------------------------------------------------------------------------------- print

function print(faults: readonly ExplainedFault[], args: FaultArgs, io: Io): number {
  const print = printer(args, io);
  for (const fault of faults) print(faultAnswer(fault));
  return faults.some(({ explanation }) => explanation?.finds === 'unknown') ? EXIT.damaged : EXIT.answer;
}
