/** `explain-fault`: what the hardware said of a fault, held against a dump, bare entries, or a kernel’s own message. */

import { descriptors } from '../../arch/descriptors.ts';
import { registers as registerFamilies } from '../../arch/families.ts';
import { architectureFaults, faultsOf } from '../../arch/faults.ts';
import { walksOf } from '../../arch/walks.ts';
import { abortClaim } from '../../arm64/faults/claims.ts';
import { groupBy } from '../../bits/group-by.ts';
import { parseSettings, type SettingTable } from '../../bits/settings.ts';
import { hex, parseWord } from '../../bits/word.ts';
import { type Claim, claimWithout } from '../../faults/claim.ts';
import { walkEntries } from '../../faults/entries.ts';
import { lookUp } from '../../faults/look.ts';
import { explain, explainOutside } from '../../faults/verdict.ts';
import { frameAt } from '../../image/frames.ts';
import { valuesOf } from '../../machine/machine.ts';
import { revealed } from '../../pasted/entry.ts';
import { ofOwner } from '../../pasted/owner.ts';
import { type ExplainedFault, faultAnswer } from '../../report/fault.ts';
import type { Context, Given } from '../../text/context.ts';
import { recogniserById } from '../../text/formats/index.ts';
import type { Entry, Fault, Item, RegimeGuess } from '../../text/model.ts';
import { TextReader } from '../../text/read.ts';
import type { Registers } from '../../text/registers.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  nestedFaultClaim,
  pageFaultClaim,
} from '../../x86/faults/claims.ts';
import type { Globals } from '../command.ts';
import { inputName, keepText, textOf } from '../files.ts';
import { type Io, takeStdin } from '../io.ts';
import { pairsOf } from '../names.ts';
import { sayHex } from '../numbers.ts';
import { printer, refuseRows } from '../print.ts';
import { isTextFile, textChunks } from '../text-file.ts';
import { EXIT, InputError, UsageError } from '../trouble.ts';
import { type Dump, type DumpArgs, dumpInput } from './dump.ts';
import { machineGiven } from './machine.ts';
import { withDump } from './translations.ts';

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
  if (dump !== undefined) return withTables({ ...args, dump }, io);
  const named = namedClaim(args, args.entries !== undefined && familyNamed(args.as) === SHORT.stage2);
  if (named) return print([await ofEntries(named, args, io)], args, io);
  if (args.entries !== undefined)
    throw new UsageError('--entries needs the fault: --esr, --pf-code, --ept-qualification or --npf');
  return print(await answersOfText(args, io), args, io);
}

/** What the first argument names holds the tables, or is the text of the fault. */
async function withTables(args: FaultArgs & { readonly dump: string }, io: Io): Promise<number> {
  const input = await dumpInput(args, io);
  try {
    const named = namedClaim(args, false) !== undefined || args.text !== undefined;
    if (!named && (await isTextFile(input))) {
      io.err.write(
        `memattr explain-fault: note: ${input.name} is a text: the fault that it reports is explained\n`,
      );
      keepText(args.dump, (await textChunks(input)).join(''), io, '--text');
      return print(await answersOfText({ ...args, text: args.dump }, io), args, io);
    }
    const answer = (dump: Dump): number =>
      print(answersOfDump(dump, claimsOf(args, io, stage2In(dump)), args), args, io);
    return await withDump('explain-fault', args, io, answer, input);
  } finally {
    input.close();
  }
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
  const claims = faultsIn(args, io).map(text => claimOfText(text.fault) ?? unexplained(text, args));
  const known = claims.filter(claim => typeof claim !== 'string');
  if (known.length === 0) throw new InputError(claims.join('; '));
  return known;
}

/** A fault that a kernel reported of itself. */
const claimOfText = (fault: Fault): Claim | undefined => faultsOf(fault.arch).claim(fault);

// --------------------------------------------------------------------------------------------------------- dumps

const stage2In = ({ wanted }: Dump): boolean =>
  wanted.some(({ candidate: { regime } }) => regime.stage === 2);

/** Why registers that are there give no walk: where nothing else translates the address, that is what the hardware met. */
const refusals = ({ candidates }: Dump, { cause }: Claim): readonly string[] =>
  cause === 'not-present' || cause === 'address-size'
    ? candidates.refused.map(({ name, reason }) => `${name}: ${reason}`)
    : [];

function answersOfDump(dump: Dump, claims: readonly Claim[], args: FaultArgs): readonly ExplainedFault[] {
  const { image, wanted } = dump;
  return claims.flatMap((claim): readonly ExplainedFault[] => {
    const found = lookUp(claim, wanted, image.space, Number(args.el ?? 1), faultsOf(claim.architecture));
    if (found.length === 0)
      return [
        {
          claim,
          suspects: refusals(dump, claim),
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

const withoutEntries = (claim: Claim): ExplainedFault => ({
  claim,
  suspects: faultsOf(claim.architecture).withoutEntries(claim),
  assumed: [],
});

async function ofEntries(claim: Claim, args: FaultArgs, io: Io): Promise<ExplainedFault> {
  const registers = await registersOf(args, io); // also where nothing asks them: mistakes in them are said
  if (args.entries === undefined) return withoutEntries(claim);
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
  const context = { registers, facts: new Map() };
  return answerOfWords(claim, family, words, settingsOf(family, claim, args, registers), context);
}

/** Registers from the options, before the file. */
const registersOf = async (args: FaultArgs, io: Io): Promise<Registers> =>
  valuesOf((await machineGiven(args, undefined, [], io)).cpus[0] ?? new Map());

/** The regime whose own level made the access, unless `--set` says another: with E2H EL2 has that of EL2 and EL0. */
function regimeOf(
  family: string,
  { regime, architecture: claimed }: Claim,
  registers: Registers,
  set: Given,
): RegimeGuess {
  if (regime === undefined || 'regime' in set) return { family };
  const { e2h } = walksOf(claimed).revealed(
    { regime: { family: 'arm64.HCR_EL2' } },
    { registers, facts: new Map() },
  );
  const host = regime === 'EL2' && e2h === 1;
  return { family, regime: (host ? 'EL2&0' : regime) as NonNullable<RegimeGuess['regime']> };
}

/** Settings from `--set`, before what registers say. */
function settingsOf(family: string, claim: Claim, args: FaultArgs, registers: Registers): Given {
  const table = descriptors.find(({ id }) => id === family)?.settings as SettingTable;
  const set = parseSettings(table, pairsOf(args.set)) as Given;
  const entry = {
    regime: regimeOf(family, claim, registers, set),
    ...(claim.input === undefined ? {} : { input: claim.input }),
  };
  return { ...revealed(entry, { registers, facts: new Map() }), ...set };
}

function answerOfWords(
  claim: Claim,
  family: string,
  words: readonly bigint[],
  given: Given,
  context: Context,
): ExplainedFault {
  const rules = faultsOf(claim.architecture);
  const input = claim.input ?? claim.va;
  const held = (given: Given) => {
    const entries = {
      ...{ family, words, given, context },
      ...(input === undefined ? {} : { input }),
      ...(claim.level === undefined ? {} : { faultLevel: claim.level }),
    };
    const start = walksOf(claim.architecture).startOf(entries);
    if (!start) throw new UsageError(`${family} is of no table that ${claim.architecture} walks`);
    const read = (word: bigint, level: number) => ofOwner(start.regime.read(word, level), context.facts);
    const { walk, assumed } = walkEntries({ ...start, regime: { ...start.regime, read } }, entries);
    const explanation = explain(claim, walk, rules, name => context.registers.get(name));
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
  /** From 1. */
  readonly line: number;
  readonly entries: readonly Entry[];
  readonly registers: ReadonlyMap<string, bigint>;
  readonly facts: ReadonlyMap<string, bigint | string>;
}

const nameOf = ({ text }: FaultArgs): string => inputName(text ?? '-');

function itemsIn(args: FaultArgs, io: Io): readonly Item[] {
  const items: Item[] = [];
  const reader = new TextReader({ onItem: item => items.push(item) });
  if (args.text !== undefined) reader.write(textOf(args.text, io, '--text'));
  else {
    if (io.stdin.terminal)
      throw new UsageError(
        'give the fault: --esr, --pf-code, --ept-qualification, --ept-misconfig, --npf, or a kernel message on stdin',
      );
    takeStdin(io, 'the fault');
    const decoder = new TextDecoder();
    for (const chunk of io.stdin.chunks()) reader.write(decoder.decode(chunk, { stream: true }));
  }
  reader.end();
  return items;
}

const LEVELS = [1, 2, 3] as const;

/** Syndromes that stand among registers, where nobody says that there was a fault. */
function faultsAmong(registers: ReadonlyMap<string, bigint>): readonly Fault[] {
  return LEVELS.flatMap((el): Fault[] => {
    const esr = registers.get(`ESR_EL${el}`);
    if (esr === undefined || esr === 0n) return [];
    const address = registers.get(`FAR_EL${el}`);
    const hpfar = el === 2 ? registers.get('HPFAR_EL2') : undefined;
    return [
      {
        ...{ is: 'fault', arch: 'arm64', esr, el },
        ...(address === undefined ? {} : { address }),
        ...(hpfar === undefined ? {} : { hpfar }),
      },
    ];
  });
}

/** Faults in a text, each with what belongs to it. */
function faultsIn(args: FaultArgs, io: Io): readonly TextFault[] {
  const items = itemsIn(args, io);
  const groups = groupBy(items, ({ group }) => group);
  const whole = groups.get(0) ?? [];
  const found = [...groups].flatMap(([group, members]): TextFault[] => {
    const own = group === 0 ? members : [...whole, ...members];
    const registers = new Map(own.flatMap(item => (item.is === 'register' ? [[item.name, item.value]] : [])));
    const facts = new Map(own.flatMap(item => (item.is === 'fact' ? [[item.name, item.value]] : [])));
    const entries = own.filter(item => item.is === 'entry').filter(({ folded }) => folded !== true);
    const owner = recogniserById(entries[0]?.from ?? '')?.owner;
    if (owner !== undefined && !facts.has('owner')) facts.set('owner', owner);
    const said = members.filter(item => item.is === 'fault');
    const line = members.find(({ is }) => is === 'register')?.line ?? 1;
    const faults =
      said.length > 0
        ? said.map(fault => ({ fault, line: fault.line }))
        : faultsAmong(registersOnly(members)).map(fault => ({ fault, line }));
    return faults.map(({ fault, line }) => {
      const walk = entries.length > 0 ? entries : walkElsewhere(fault, groups);
      return { fault, line, entries: walk, registers, facts };
    });
  });
  if (found.length === 0)
    throw new InputError(
      `${nameOf(args)}: no fault in this text; kernel messages of arm64 and x86 are understood, or say it with --esr, --pf-code…`,
    );
  return found.sort((a, b) => a.line - b.line);
}

/** A walk of the same address that stands apart: Xen prints its own before it says what happened. */
function walkElsewhere(fault: Fault, groups: ReadonlyMap<number, readonly Item[]>): readonly Entry[] {
  const wanted = claimOfText(fault)?.input ?? fault.address;
  for (const [group, items] of groups) {
    const entries = items.filter(item => item.is === 'entry').filter(({ folded }) => folded !== true);
    const input = entries[0]?.input;
    if (group === 0 || input === undefined || items.some(({ is }) => is === 'fault')) continue;
    if (wanted !== undefined && frameAt(input) === frameAt(wanted)) return entries;
  }
  return [];
}

const registersOnly = (items: readonly Item[]): ReadonlyMap<string, bigint> =>
  new Map(items.flatMap(item => (item.is === 'register' ? [[item.name, item.value]] : [])));

/** What of a fault the text lacks, by architecture, and the option that says it. */
const SYNDROME: Readonly<Record<string, { readonly name: string; readonly option: string }>> = {
  arm64: { name: 'ESR', option: '--esr' },
  x86: { name: 'error code', option: '--pf-code' },
};

/** Why a fault cannot be explained. */
function unexplained({ fault: { esr, address, arch }, line }: TextFault, args: FaultArgs): string {
  const at = `${nameOf(args)}, line ${line}`;
  if (esr !== undefined) {
    const { exception = 'another exception' } =
      registerFamilies.find(({ id }) => id === 'arm64.ESR_ELx')?.read(esr, {}).facts ?? {};
    return `${at}: ESR ${hex(esr)} is no abort: ${exception}`;
  }
  const where = address === undefined ? '' : ` at ${hex(address)}`;
  return `${at}: a fault${where} without its ${SYNDROME[arch]?.name} and without entries: say it with ${SYNDROME[arch]?.option}`;
}

/** The claim of a fault; without a syndrome, one that leaves everything to the entries. */
function claimIn({ fault, entries: [first] }: TextFault): Claim | undefined {
  const claim = claimOfText(fault);
  if (claim || fault.esr !== undefined) return claim;
  const { address, arch } = fault;
  const family = Object.values(SHORT).find(id => id === first?.regime?.family);
  if (family === undefined && fault.outside === undefined) return undefined;
  return claimWithout(
    SYNDROME[arch]?.name ?? 'syndrome',
    {
      source: `a fault${address === undefined ? '' : ` at ${hex(address)}`}`,
      architecture: arch,
      stage: family === SHORT.stage2 ? 2 : 1,
      family: family ?? SHORT.stage1 ?? '',
    },
    address,
  );
}

async function answerIn(text: TextFault, claim: Claim, args: FaultArgs, io: Io): Promise<ExplainedFault> {
  const { fault, entries, facts } = text;
  const registers = new Map([...text.registers, ...(await registersOf(args, io))]);
  if (fault.outside && fault.address !== undefined)
    return { claim, explanation: explainOutside(claim, fault.address), assumed: [] };
  const [first] = entries;
  const family = Object.values(SHORT).find(id => id === first?.regime?.family);
  if (!first || !family) return withoutEntries(claim);
  const table = descriptors.find(({ id }) => id === family)?.settings as SettingTable;
  const entry = fault.address === undefined ? first : { ...first, input: fault.address };
  const given = {
    ...revealed(entry, { registers, facts }),
    ...(parseSettings(table, pairsOf(args.set)) as Given),
  };
  const words = entries.map(({ word }) => word);
  return answerOfWords(claim, family, words, given, { registers, facts });
}

/** @throws InputError where nothing of the text can be explained */
async function answersOfText(args: FaultArgs, io: Io): Promise<readonly ExplainedFault[]> {
  const trouble: string[] = [];
  const answers: ExplainedFault[] = [];
  for (const text of faultsIn(args, io)) {
    const claim = claimIn(text);
    if (claim) answers.push(await answerIn(text, claim, args, io));
    else trouble.push(unexplained(text, args));
  }
  if (answers.length === 0) throw new InputError(trouble.join('; '));
  for (const text of trouble) io.err.write(`memattr explain-fault: ${text}\n`);
  return answers;
}

// --------------------------------------------------------------------------------------------------------- print

function print(faults: readonly ExplainedFault[], args: FaultArgs, io: Io): number {
  const print = printer(args, io);
  for (const fault of faults) print(faultAnswer(fault));
  return faults.some(({ explanation }) => explanation?.finds === 'unknown') ? EXIT.damaged : EXIT.answer;
}
