/** Who wrote a table decides what software's bits in its entries mean, and whose tables they are. */
import type { Facts } from '../bits/family.ts';
import type { EntryReading } from './entry.ts';

/** Names of conventions that an owner follows, as readings of software's bits are named. An owner that is not here has its own. */
const CONVENTIONS: Readonly<Record<string, RegExp>> = {
  linux: /^Linux/,
  kvm: /KVM/,
  xen: /^Xen/,
  windows: /^Windows/,
  rmm: /RMM/,
};

/**
 * A reading under what the text says of who wrote the table: conventions of others are no reading of its bits, and whose table it
 * is needs no guess.
 *
 * @param owner the fact of that name; undefined: nobody says
 */
export function ofOwner(entry: EntryReading, owner: bigint | string | undefined): EntryReading {
  if (typeof owner !== 'string') return entry;
  const { reading } = entry;
  const follows = CONVENTIONS[owner];
  const { software, ...rest } = reading.facts;
  const own = Object.entries((software ?? {}) as Readonly<Record<string, string>>).filter(
    ([convention]) => follows?.test(convention) === true,
  );
  const facts: Facts = own.length > 0 ? { ...rest, software: Object.fromEntries(own) } : rest;
  const findings = reading.findings.filter(({ id }) => !id.startsWith('looks-like-'));
  return { ...entry, reading: { ...reading, facts, findings } };
}
