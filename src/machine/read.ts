/** Registers and facts in a text, whoever wrote it: every form that `decode` reads as registers, and JSON. */
import type { Item } from '../text/model.ts';
import { TextReader } from '../text/read.ts';
import { isTranslationRegister } from '../text/register-names.ts';
import { isJson, parseRegisters, type RegisterFile, RegisterSyntaxError } from '../text/registers.ts';
import type { Known, KnownFacts, KnownRegisters, Origin, Source } from './machine.ts';

import { fromFile, remarksOn, said, sourceOfJson, twice } from './register-file.ts';

/** @throws RegisterSyntaxError where a value cannot be read, or no register of a translation is there. */
export const sourceOf = (text: string, where: string): Source =>
  isJson(text) ? sourceOfJson(text, where) : said(fromText(text, where), text);

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
