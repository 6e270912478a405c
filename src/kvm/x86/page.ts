/** A host page as people describe it. */
import { unknownName } from '../errors.ts';
import { MTRR_TYPES, parsePatType } from './effective.ts';
import { E820_TYPES, INSERTS } from './facts.ts';
import type { HostPage, MmioFacts } from './host-mmio.ts';

const YES = new Set(['yes', '1', 'true', 'on']);
const PAGE_KEYS = [
  'e820',
  'struct-page',
  'kernel-ram',
  'section-ram',
  'insert',
  'pgprot',
  'reserved',
  'type',
  'set-memory',
  'mtrr',
  'legacy',
  'nopat',
  'zero',
] as const;

function oneOf<T extends string>(what: string, value: string, among: readonly T[]): T {
  const found = among.find(v => v.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw unknownName(what, value, among);
  return found;
}

/** A preset's page, changed by KEY=VALUE; with struct-page, reserved or type the facts that KVM asks for are given directly. */
export function parsePage(base: HostPage, pairs: readonly string[]): HostPage | MmioFacts {
  const given = new Map<string, string>();
  for (const pair of pairs.flatMap(p => p.split(/[,;]/))) {
    const [key = '', value] = pair.split('=');
    if (value === undefined || !(PAGE_KEYS as readonly string[]).includes(key))
      throw unknownName(
        'part of a page',
        pair,
        PAGE_KEYS.map(k => `${k}=…`),
      );
    given.set(key, value);
  }
  const yes = (key: string) => YES.has((given.get(key) ?? '').toLowerCase());
  const e820 = given.has('e820') ? oneOf('E820 type', given.get('e820') ?? '', E820_TYPES) : base.e820;
  const patEnabled = !(given.has('nopat') ? yes('nopat') : (base.nopat ?? false));
  if (given.has('struct-page') || given.has('reserved') || given.has('type')) {
    const pfnValid = given.has('struct-page') ? yes('struct-page') : true;
    return {
      pfnValid,
      patEnabled,
      e820Ram: e820 === 'ram',
      zeroPage: yes('zero'),
      pageReserved: yes('reserved'),
      ...(given.has('type') ? { hostMemtype: parsePatType(given.get('type') ?? '') } : {}),
    };
  }
  const kernelRam = given.has('kernel-ram') ? yes('kernel-ram') : base.kernelRam;
  const setMemory = given.get('set-memory');
  const mtrr = given.get('mtrr');
  return {
    ...base,
    e820,
    kernelRam,
    sectionHasKernelRam:
      kernelRam || (given.has('section-ram') ? yes('section-ram') : base.sectionHasKernelRam),
    ...(given.has('insert') ? { insert: oneOf('way of insertion', given.get('insert') ?? '', INSERTS) } : {}),
    ...(given.has('pgprot') ? { pgprot: parsePatType(given.get('pgprot') ?? '') } : {}),
    ...(setMemory === undefined
      ? {}
      : { setMemory: oneOf('set_memory type', setMemory, ['WC', 'UC-'] as const) }),
    ...(mtrr === undefined ? {} : { hostMtrr: oneOf('MTRR type', mtrr, MTRR_TYPES) }),
    ...(given.has('legacy') ? { legacyHole: yes('legacy') } : {}),
    ...(given.has('zero') ? { zeroPage: yes('zero') } : {}),
    nopat: !patEnabled,
  };
}
