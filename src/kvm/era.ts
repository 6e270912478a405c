/**
 * Eras and kernel versions. An era says as data from which release on its decisions hold; which era a kernel belongs to
 * follows from that alone.
 */
import { unknownName } from './errors.ts';
import { type Evidence, type Grade, strongest } from './evidence.ts';

/** Linux 6.12.78 is `[6, 12, 78]`, 6.17 is `[6, 17]`. */
export type Version = readonly [major: number, minor: number, patch?: number];

/** The kernels that an era stands for. */
export interface Releases {
  /** The first release that decides so. It holds until the next era begins. */
  readonly since?: Version;
  /**
   * Not until the next era, but only for `since` with its updates (the releases after it were not read), or only for its
   * release candidates (the release took it back).
   */
  readonly only?: 'release' | 'candidates';
  /** Stable branches that took it over later: `[6, 12, 78]` from 6.12.78 on within 6.12. */
  readonly branches?: readonly Version[];
}

/** One era of mainline, one version of a series, or one proposal; whatever the architecture. */
export interface Era extends Releases {
  /** The name that people use: `6.17`, `cp-v7`. */
  readonly id: string;
  readonly title: string;
  readonly kind: 'mainline' | 'series' | 'proposal';
  /** In words: the kernels it describes, or the date it was posted. */
  readonly covers: string;
  readonly evidence: readonly Evidence[];
  readonly notes?: readonly string[];
}

/** What a later era shares with one before it: every decision, but not the releases. */
export function laterThan<P extends Era>(base: P): Omit<P, keyof Releases> {
  const { since: _since, only: _only, branches: _branches, ...rest } = base;
  return rest;
}

/** What a posted series takes from the era that it was posted on. */
export const postedOn = <P extends Era>(base: P): Omit<P, keyof Releases> & { readonly kind: 'series' } => ({
  ...laterThan(base),
  kind: 'series',
});

/** How well an era is known as a whole. */
export const eraGrade = (era: Era): Grade => strongest(era.evidence.map(e => e.grade));

/** `6.12.78` */
export const versionText = (version: Version): string => version.filter(part => part !== undefined).join('.');

/** `6.16 and 6.12.78`: where this first stood. */
export const cameWith = ({ since, branches = [] }: Releases): string =>
  [...(since === undefined ? [] : [since]), ...branches].map(versionText).join(' and ');

/** A kernel that somebody named. */
interface Kernel {
  readonly version: Version;
  readonly candidate: boolean;
}

function parseKernel(text: string): Kernel | undefined {
  const m = /^(?:linux-?\s?)?v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~].*)?$/i.exec(text.trim());
  if (m === null) return undefined;
  return { version: [Number(m[1]), Number(m[2]), Number(m[3] ?? 0)], candidate: /-rc/i.test(text) };
}

/** The last release of each series that is over [kernel.org]. */
const LAST_MINOR: Readonly<Record<number, number>> = { 3: 19, 4: 20, 5: 19, 6: 19 };
/** Mainline sources were read up to this release, where no later era says that its own was. */
const READ: Version = [7, 0];

/** Marks that vendors put behind the version of a kernel that they patch. */
const VENDORS: readonly (readonly [mark: RegExp, who: string])[] = [
  [/[.-]el\d|rhel/i, 'Red Hat Enterprise Linux or a rebuild of it'],
  [/\.fc\d/i, 'Fedora'],
  [/uek/i, 'Oracle'],
  [/\.amzn/i, 'Amazon'],
  [/-azure|\.cm\d|\.azl\d/i, 'Azure'],
  [/-gcp|\bcos\b/i, 'Google'],
  [/android/i, 'Android'],
  [/-(?:generic|lowlatency|nvidia|aws|oracle|raspi|kvm)\b/i, 'Ubuntu'],
  [/-(?:amd64|arm64|686|armmp|cloud|rt-amd64)|\+deb|~bpo/i, 'Debian'],
  [/-default|sles|\.lp\d/i, 'SUSE'],
  [/-tegra/i, 'NVIDIA'],
  [/-pve\b/i, 'Proxmox'],
  [/-arch\d/i, 'Arch Linux'],
];

/**
 * What must be said of a kernel that is read as a mainline release, and whether the answer is then a guess.
 * @param era the one that the kernel belongs to
 */
export function doubtOf(
  name: string,
  { since = READ }: Releases,
): { readonly says: string; readonly guess: boolean } | undefined {
  const kernel = parseKernel(name);
  if (kernel === undefined) return undefined;
  const [major, minor] = kernel.version;
  const last = LAST_MINOR[major];
  if (last !== undefined && minor > last)
    return {
      says: `there was no Linux ${major}.${minor}: ${major}.${last} was the last; answered as the release before`,
      guess: true,
    };
  const read = compare(since, READ) > 0 ? since : READ;
  if (compare([major, minor], read) > 0)
    return { says: `Linux ${major}.${minor} was not read: taken as ${versionText(read)}`, guess: true };
  const suffix = /^(?:linux-?\s?)?v?[\d.]+(.*)$/i.exec(name.trim())?.[1] ?? '';
  if (suffix === '' || /^-rc\d+$/i.test(suffix)) return undefined;
  const vendor = VENDORS.find(([mark]) => mark.test(suffix))?.[1];
  const base = versionText(kernel.version);
  return {
    says:
      vendor === undefined
        ? `${name} is read as mainline ${base}; what ‘${suffix}’ changed is not known`
        : `${name} is a kernel of ${vendor}, read as mainline ${base}: vendors backport, so KVM’s decisions may be those of a later release`,
    guess: false,
  };
}

/** Negative where `a` came before `b`. */
const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || (a[2] ?? 0) - (b[2] ?? 0);
const sameBranch = (a: Version, b: Version): boolean => a[0] === b[0] && a[1] === b[1];

/** Does this kernel decide so, unless a later era says that it does? */
function reaches({ since, only, branches = [] }: Releases, { version, candidate }: Kernel): boolean {
  if (branches.some(branch => sameBranch(branch, version) && compare(version, branch) >= 0)) return true;
  if (since === undefined) return false;
  if (only === undefined) return compare(version, since) >= 0;
  return sameBranch(version, since) && (only === 'release' || candidate);
}

/** The eras of one architecture. */
export class Eras<P extends Era> {
  /** In the order in which they are listed for people. */
  readonly all: readonly P[];
  readonly oldest: P;
  readonly newest: P;
  readonly #arch: string;
  /** Newest first; candidates before their release, because they are the special case. */
  readonly #releases: readonly P[];

  constructor(arch: string, all: readonly P[]) {
    this.all = all;
    this.#arch = arch;
    this.#releases = all
      .flatMap(era => (era.since === undefined ? [] : [{ era, since: era.since }]))
      .sort(
        (a, b) =>
          compare(b.since, a.since) ||
          Number(b.era.only === 'candidates') - Number(a.era.only === 'candidates'),
      )
      .map(({ era }) => era);
    // What only candidates decided is nobody's kernel today.
    const newest = this.#releases.find(({ only }) => only !== 'candidates');
    const oldest = this.#releases.at(-1);
    if (newest === undefined || oldest === undefined) throw new Error(`${arch}: no era says its release`);
    this.newest = newest;
    this.oldest = oldest;
  }

  /** The oldest era of which this is true: the one that brought it. */
  first(has: (era: P) => boolean): P {
    const found = this.#releases.findLast(has);
    if (found === undefined) throw new Error(`${this.#arch}: no era has it`);
    return found;
  }

  /**
   * By the name that people use: an era, a kernel version, a series version (`6.17`, `6.18.2`, `v6.8`, `cp-v7`).
   *
   * @throws KvmInputError where no era describes it
   */
  named(name: string): P {
    const kernel = parseKernel(name);
    const found =
      this.all.find(era => era.id === name) ?? (kernel && this.#releases.find(era => reaches(era, kernel)));
    if (found) return found;
    throw unknownName(`${this.#arch} era`, name, [
      ...this.all.map(era => era.id),
      `or a kernel version${this.#described()}`,
    ]);
  }

  /** ` from 4.2 on`, or `: 5.10, or 5.14 and later` where releases between were not read. */
  #described(): string {
    const alone: string[] = [];
    let rest = '';
    for (const { since, only } of [...this.#releases].reverse()) {
      if (since === undefined) continue;
      if (only === 'release') alone.push(versionText(since));
      else if (only === undefined) rest ||= versionText(since);
    }
    return alone.length === 0 ? ` from ${rest} on` : `: ${alone.join(', ')}, or ${rest} and later`;
  }
}
