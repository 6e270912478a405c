/**
 * Registers by their names, and what is worth saying of those names. JSON is read here: what reads other texts (`read.ts`) is
 * a third of the code of a short command.
 */
import { closest, distance } from '../bits/suggest.ts';
import {
  isOtherRegister,
  isTranslationRegister,
  REGISTER_NAMES,
  registerName,
} from '../text/register-names.ts';
import { parseRegisters, type RegisterFile, RegisterSyntaxError } from '../text/registers.ts';
import type { Origin, Source } from './machine.ts';

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
export function remarksOn(spelled: Iterable<string>, where: string): string[] {
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

/** @throws RegisterSyntaxError where no register of a translation is there. */
export function said(source: Source, text: string): Source {
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

/** @throws RegisterSyntaxError where a value cannot be read, or no register of a translation is there. */
export const sourceOfJson = (text: string, where: string): Source =>
  said(fromFile(parseRegisters(text), where), text);

export function fromFile({ cpus, spelled, contradictory }: RegisterFile, where: string): Source {
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

export const twice = (name: string, kept: bigint, other: bigint, where: string): string =>
  `${where}: ${name} is there twice: 0x${kept.toString(16)}, which is taken, and 0x${other.toString(16)}`;
