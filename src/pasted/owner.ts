/** Who wrote a table decides what software's bits in its entries mean, and whose tables they are. */
import type { Facts, Reading } from '../bits/family.ts';
import type { Context } from '../text/context.ts';

/** Names of conventions that an owner follows, as readings of software's bits are named. An owner that is not here has its own. */
const CONVENTIONS: Readonly<Record<string, RegExp>> = {
  linux: /^Linux/,
  kvm: /KVM/,
  xen: /^Xen/,
  windows: /^Windows/,
  rmm: /RMM/,
};

/** The kernels that a convention is of: `Linux 6.10 and later`, `Linux before 6.10`. */
const RELEASES = /^Linux (before )?(\d{1,2})\.(\d{1,3})(?: and later)?$/;
const RELEASE = /^(\d{1,2})\.(\d{1,3})/;

/** Can a kernel of this release have followed a convention? Of an unknown release any can. */
function isOf(convention: string, release: bigint | string | undefined): boolean {
  const of = RELEASES.exec(convention);
  const its = RELEASE.exec(`${release ?? ''}`);
  if (!of || !its) return true;
  const earlier = Number(its[1]) < Number(of[2]) || (its[1] === of[2] && Number(its[2]) < Number(of[3]));
  return of[1] === undefined ? !earlier : earlier;
}

/**
 * A reading under what the text says of who wrote the table: conventions of others are no reading of its bits, and whose table it
 * is needs no guess.
 *
 * @param facts `owner`, and the `release` of its kernel; where they are missing, nobody says
 */
export function ofOwner(reading: Reading, facts: Context['facts']): Reading {
  const owner = facts.get('owner');
  if (typeof owner !== 'string') return reading;
  const follows = CONVENTIONS[owner];
  const { software, ...rest } = reading.facts;
  const own = Object.entries((software ?? {}) as Readonly<Record<string, string>>).filter(
    ([convention]) => follows?.test(convention) === true && isOf(convention, facts.get('release')),
  );
  const said: Facts = own.length > 0 ? { ...rest, software: Object.fromEntries(own) } : rest;
  const findings = reading.findings.filter(({ id }) => !id.startsWith('looks-like-'));
  return { ...reading, facts: said, findings };
}
