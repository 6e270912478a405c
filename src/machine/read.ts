/** Registers and facts in a text, whoever wrote it: every form that `decode` reads as registers, and JSON. */
import { closest, distance } from '../bits/suggest.ts';
import type { Item } from '../text/model.ts';
import { TextReader } from '../text/read.ts';
import {
  isOtherRegister,
  isTranslationRegister,
  REGISTER_NAMES,
  registerName,
} from '../text/register-names.ts';
import { isJson, parseRegisters, type RegisterFile, RegisterSyntaxError } from '../text/registers.ts';
import type { Known, KnownFacts, KnownRegisters, Origin, Source } from './machine.ts';

/** Names that a suggestion may be made of. */
const NAMES = REGISTER_NAMES.map(({ name }) => name);

/** `no register is called PATT: did you mean PAT?` */
export function unknownRegister(name: string): string {
  const near = closest(name, NAMES, 2);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'memattr reg lists those that are known';
  return `no register is called ${name}; ${hint}`;
}

/** What a walk of arm64 needs. */
const SYSTEM = 'TTBR0_EL1, TTBR1_EL1, TCR_EL1, MAIR_EL1, SCTLR_EL1';

/** One edit away from a register: what contains its name is something else (`CR0readShadow`). */
const isMisspelt = (text: string): boolean =>
  NAMES.some(name => distance(text.toUpperCase(), name) <= (name.length > 6 ? 2 : 1));

/** What of a set of names is worth a word: those that look misspelt each by itself, the rest together. */
function remarksOn(spelled: Iterable<string>, where: string): string[] {
  const strange = [...new Set(spelled)].filter(text => {
    const name = registerName(text);
    return !isTranslationRegister(name) && !isOtherRegister(name);
  });
  const misspelt = strange.filter(isMisspelt);
  // a word in small letters, or no name at all, is a heading of whoever wrote the file: `levels`, `cpu0`, `other-9c000`
  const rest = strange.filter(
    name => !misspelt.includes(name) && !/^(?:[a-z][a-zA-Z]*|cpu\d*|\W*|.*[^\w].*)$/.test(name),
  );
  return [
    ...misspelt.map(name => `${where}: ${unknownRegister(name)}`),
    ...(rest.length > 0
      ? [
          `${where}: not registers of a translation, left out: ${rest.slice(0, 8).join(', ')}${rest.length > 8 ? '…' : ''}`,
        ]
      : []),
  ];
}

/** @throws RegisterSyntaxError where a value cannot be read, or no register of a translation is there. */
export function sourceOf(text: string, where: string): Source {
  const source = isJson(text) ? fromFile(parseRegisters(text), where) : fromText(text, where);
  if (
    source.cpus.every(cpu => ![...cpu.keys()].some(isTranslationRegister)) &&
    (source.facts?.size ?? 0) === 0
  )
    throw new RegisterSyntaxError(
      /\bX00=[0-9a-f]{16}\b/i.test(text)
        ? `no register of a translation: QEMU's \`info registers\` of arm64 has no system registers, and ${SYSTEM} are missing; gdb at QEMU's gdbstub shows them (info registers ${SYSTEM.replaceAll(',', '')}), or memattr roots FILE finds what the memory shows`
        : 'no register of a translation: expected JSON of names to numbers, `info registers` of QEMU or gdb, a VMCS or VMCB dump, a kernel message, or NAME=value lines; or memattr roots FILE, which finds what the memory shows',
    );
  return source;
}

function fromFile({ cpus, spelled, contradictory }: RegisterFile, where: string): Source {
  const origin: Origin = { kind: 'file', where };
  return {
    cpus: cpus.map(cpu => new Map([...cpu].map(([name, value]) => [name, { value, origin }] as const))),
    remarks: [
      ...remarksOn(spelled, where),
      ...contradictory
        .filter(({ name }) => isTranslationRegister(name))
        .map(({ name, values: [kept, other] }) => twice(name, kept, other, where)),
    ],
  };
}

const twice = (name: string, kept: bigint, other: bigint, where: string): string =>
  `${where}: ${name} is there twice: 0x${kept.toString(16)}, which is taken, and 0x${other.toString(16)}`;

/** Sets of a text by group: those with a root of their own are CPUs, what belongs to none is everyone's. */
export function collected(items: readonly Item[], origin: (line: number) => Origin, where = ''): Source {
  const groups = new Map<number, Map<string, Known<bigint>>>();
  const facts = new Map<string, Known<bigint | string>>();
  const remarks: string[] = [];
  for (const item of items) {
    if (item.is === 'fact' && item.doubtful === undefined && !facts.has(item.name))
      facts.set(item.name, { value: item.value, origin: origin(item.line) });
    if (item.is !== 'register') continue;
    let group = groups.get(item.group);
    if (!group) {
      group = new Map();
      groups.set(item.group, group);
    }
    const before = group.get(item.name);
    if (before === undefined) group.set(item.name, { value: item.value, origin: origin(item.line) });
    else if (before.value !== item.value && isTranslationRegister(item.name))
      remarks.push(twice(item.name, before.value, item.value, where));
  }
  return { cpus: cpusOf([...groups.values()]), facts: facts as KnownFacts, remarks };
}

/** Several sets that name the same register are several CPUs; sets that add to each other are one. */
function cpusOf(groups: readonly Map<string, Known<bigint>>[]): KnownRegisters[] {
  const cpus: Map<string, Known<bigint>>[] = [];
  const shared = new Map<string, Known<bigint>>();
  const names = new Map<string, number>();
  for (const group of groups) for (const name of group.keys()) names.set(name, (names.get(name) ?? 0) + 1);
  for (const group of groups) {
    const rival = [...group.keys()].some(name => (names.get(name) ?? 0) > 1);
    if (rival) cpus.push(group);
    else for (const [name, known] of group) shared.set(name, known);
  }
  if (cpus.length === 0) return shared.size > 0 ? [shared] : [];
  return cpus.map(cpu => new Map([...shared, ...cpu]));
}

function fromText(text: string, where: string): Source {
  const items: Item[] = [];
  const reader = new TextReader({ onItem: item => items.push(item) });
  reader.write(text);
  reader.end();
  const known = collected(items, line => ({ kind: 'file', where: `${where}, line ${line}` }), where);
  if (known.cpus.length > 0) {
    const names = known.cpus.flatMap(cpu => [...cpu.keys()]);
    return { ...known, remarks: [...(known.remarks ?? []), ...remarksOn(names, where)] };
  }
  // forms that no reader knows: any NAME=value
  const loose = tryPairs(text);
  return loose ? { ...fromFile(loose, where), ...(known.facts ? { facts: known.facts } : {}) } : known;
}

function tryPairs(text: string): RegisterFile | undefined {
  try {
    return parseRegisters(text);
  } catch (error) {
    if (error instanceof RegisterSyntaxError) return undefined;
    throw error;
  }
}
