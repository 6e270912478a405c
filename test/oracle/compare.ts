/** One case put to the library, and what it says held against the model, category by category. */
import { type ArchitectureId, candidatesOf, spacesOf } from '../../src/index.ts';
import { answerFor } from '../../src/walk/translated.ts';
import { arm64Access } from './arm64.ts';
import type { Arm64Case } from './generate-arm64.ts';
import { answerOf, type X86Case } from './generate-x86.ts';
import { bit, bits, type Outcome } from './outcome.ts';
import { spaceOf } from './space.ts';

/** What `translate` says of an address, brought to the model's terms. */
export type Said =
  | { readonly is: 'mapped'; readonly pa: bigint; readonly perm: string }
  | {
      readonly is: 'refused' | 'outside' | 'missing' | 'hidden-by-second-stage' | 'invalid' | 'fault';
      readonly stage: 1 | 2;
      readonly level: number | undefined;
      readonly reason: string;
      /** A table that is hidden: how its own translation ended. */
      readonly by?: 'mapped' | 'outside' | 'invalid' | 'fault' | undefined;
    };

export interface Compared {
  readonly mine: Outcome;
  readonly said: Said;
  /** Undefined where they agree; otherwise what the model says, then what the library says. */
  readonly differs?: string;
  /** Which comparisons were made. */
  readonly agrees: readonly ('outcome' | 'address' | 'stage' | 'level' | 'cause' | 'rights')[];
}

interface Question {
  readonly architecture: ArchitectureId;
  readonly registers: ReadonlyMap<string, bigint>;
  readonly machine: object;
  readonly root: string;
  readonly second: boolean;
  readonly address: bigint;
  readonly memory: Arm64Case['memory'];
}

function ask({ architecture, registers, machine, root, second, address, memory }: Question): Said {
  const space = spaceOf(memory);
  const { found, refused } = candidatesOf(registers, architecture, machine);
  const asked = spacesOf(found, space).find(({ candidate }) => candidate.name === root);
  const refusal = (name: string): Said => {
    const reason = refused.find(one => one.name === name)?.reason ?? 'no such translation';
    const through = name !== root || root === 'ept' || root === 'npt' || /go through stage 2/.test(reason);
    return { is: 'refused', stage: through ? 2 : 1, level: undefined, reason };
  };
  if (!asked) return refusal(root);
  const answer = answerFor(asked, space, address);
  const last = answer.second ?? answer.first;
  const { translation } = last;
  const bare = root === 'ept' || root === 'npt';
  const stage = answer.second || bare ? 2 : 1;
  if (second && !answer.second && translation.outcome === 'mapped') return refusal('stage2');
  if (translation.outcome === 'mapped' && !answer.hidden)
    return { is: 'mapped', pa: answer.output ?? translation.output, perm: answer.perm ?? '' };
  if (answer.hidden) {
    const level = answer.hidden.step?.name ?? 0;
    const by = translation.outcome as 'mapped' | 'outside' | 'invalid' | 'fault';
    return { is: 'hidden-by-second-stage', stage: 2, level, reason: answer.reason ?? '', by };
  }
  const step = translation.steps.at(-1);
  const outcome = translation.outcome as Exclude<Said['is'], 'mapped' | 'refused'>;
  return { is: outcome, stage, level: step?.name, reason: answer.reason ?? '' };
}

/** Faults that the walk alone decides; the rest ask what the access is. */
const OF_THE_WALK = new Set(['not-present', 'address-size', 'reserved-bit', 'misconfiguration', 'canonical']);

/** Controls that count when an access is made: no property of an entry. */
const OF_THE_ACCESS = /E0PD|SMAP|SMEP|PKR|GCS|shadow|hardware does not set dirty|clean|GMET|PTW|AssuredOnly/;

/** Rights that the hardware needs to set the access flag or dirty state of stage 1 by itself. */
const OF_THE_UPDATE = /walker: (no write|clean|overlay write|W = 0|R\/W = 0)/;

function causeSaid(said: Exclude<Said, { is: 'mapped' }>): string {
  if (said.by === 'mapped') return / AF = 0/.test(said.reason) ? 'access-flag' : 'permission';
  if (said.by) return causeSaid({ ...said, is: said.by, by: undefined });
  if (said.is === 'invalid') return 'not-present';
  if (said.is === 'outside') return 'not-present';
  if (/Address size fault/.test(said.reason)) return 'address-size';
  if (/U\/S = 0/.test(said.reason)) return 'permission';
  return said.is === 'fault' ? 'reserved' : said.is;
}

const causeMeant = (cause: string): string =>
  cause === 'reserved-bit' || cause === 'misconfiguration'
    ? 'reserved'
    : cause === 'canonical'
      ? 'not-present'
      : cause;

/** The place of numbers in a reason says nothing. */
const plain = (text: string): string => text.replace(/0x[0-9a-f]+/g, '…').replace(/\d+/g, 'n');

export interface Wish {
  readonly kind: 'read' | 'write' | 'fetch' | 'other';
  readonly user: boolean;
}

/** Do the printed permissions let it? */
function permits(perm: string, { kind, user }: Wish): boolean {
  if (perm.includes('/')) {
    const [privileged = '', el0 = ''] = perm.split('/');
    return permits(user ? el0 : privileged, { kind, user });
  }
  if (/^[us]/.test(perm)) return (!user || perm.startsWith('u')) && permits(perm.slice(1), { kind, user });
  if (kind === 'read') return perm[0] === 'r';
  if (kind === 'write') return perm[1] === 'w';
  return perm[2] === 'x' || perm[2] === (user ? 'u' : 'p');
}

export function compare(mine: Outcome, said: Said, wish: Wish): Compared {
  const differ = (model: string, library: string): Compared => ({
    mine,
    said,
    differs: `${model} ≠ ${library}`,
    agrees: [],
  });
  const library =
    said.is === 'mapped'
      ? 'mapped'
      : `${said.is} at stage ${said.stage}${said.is === 'refused' ? `: ${plain(said.reason)}` : ''}`;
  if (mine.is === 'missing') return { mine, said, agrees: [] };
  if (mine.is === 'allowed') {
    if (said.is !== 'mapped') return differ('allowed', library);
    if (said.pa !== mine.pa) return differ('allowed', 'another address');
    if (wish.kind !== 'other' && !permits(said.perm, wish))
      return differ(`allowed ${wish.kind}`, 'rights deny it');
    return {
      mine,
      said,
      agrees: wish.kind === 'other' ? ['outcome', 'address'] : ['outcome', 'address', 'rights'],
    };
  }
  const model = `${mine.stage} ${mine.cause}${mine.of === 'walker' ? ' of the walker' : ''}: ${mine.reason}`;
  // PAE: what a PDPTE may not have is refused when CR3 is loaded, not when something is accessed
  if (mine.reason === 'reserved bits of a PDPTE') return { mine, said, agrees: [] };
  if (OF_THE_ACCESS.test(mine.reason) && mine.of === 'access') return { mine, said, agrees: [] };
  if (mine.of === 'walker') {
    // what the walker itself writes hangs on the access: a flag that is set already needs no right to write
    if (said.is === 'refused' && said.stage === 2 && mine.level === 0)
      return { mine, said, agrees: ['outcome', 'stage'] };
    if (said.is !== 'hidden-by-second-stage')
      return OF_THE_UPDATE.test(mine.reason) ? { mine, said, agrees: [] } : differ(model, library);
    return said.level === mine.level && causeSaid(said) === causeMeant(mine.cause)
      ? { mine, said, agrees: ['outcome', 'stage', 'cause', 'level'] }
      : differ(
          model,
          `${causeSaid(said)}, level ${said.level === mine.level ? 'same' : 'another'}: ${library}`,
        );
  }
  // an invalid VTCR_EL2 refuses the translation as a whole, before an address is looked at
  if (said.is === 'refused' && said.stage === 2 && mine.level === 0) return { mine, said, agrees: [] };
  if (OF_THE_WALK.has(mine.cause)) {
    if (said.is === 'mapped') return differ(model, 'mapped');
    if (said.stage !== mine.stage) return differ(model, library);
    if (causeSaid(said) !== causeMeant(mine.cause) && !(said.is === 'refused' && mine.level === 0))
      return differ(model, library);
    if (said.level !== undefined && said.level !== mine.level)
      return differ(model, `level ${said.level - mine.level > 0 ? 'above' : 'below'}: ${library}`);
    return {
      mine,
      said,
      agrees:
        said.level === undefined ? ['outcome', 'stage', 'cause'] : ['outcome', 'stage', 'cause', 'level'],
    };
  }
  if (mine.cause !== 'permission' || wish.kind === 'other') return { mine, said, agrees: [] };
  // rights: the walk goes through, and what is printed denies the access; or stage 2 has nothing there at all
  if (said.is !== 'mapped')
    return said.is === 'fault' && causeSaid(said) !== 'permission' && said.stage === 1
      ? differ(model, library)
      : { mine, said, agrees: [] };
  return permits(said.perm, wish)
    ? differ(model, 'rights let it')
    : { mine, said, agrees: ['outcome', 'rights'] };
}

/** TBID and LAM: a tagged pointer is another address to a fetch, and the library is asked of data. */
const notAsked = (mine: Outcome): Compared => ({
  mine,
  said: { is: 'missing', stage: 1, level: undefined, reason: '' },
  agrees: [],
});
const uniform = (address: bigint, low: number): boolean => {
  const rest = bits(address, 63, low);
  return rest === 0n || rest === (1n << BigInt(64 - low)) - 1n;
};

const saying = (compared: Compared, circumstances: string): Compared =>
  compared.differs === undefined ? compared : { ...compared, differs: circumstances + compared.differs };

/** What of the machine a disagreement hangs on. */
function circumstancesArm64({ registers, root }: Arm64Case): string {
  const value = (name: string): bigint => registers.get(name) ?? 0n;
  const el = root[2] ?? '';
  const off = !bit(value(`SCTLR_EL${el}`), 0) || (el === '1' && bit(value('HCR_EL2'), 12));
  return off ? 'stage 1 off; ' : '';
}

export function compareArm64(one: Arm64Case): Compared {
  const { registers, memory, access, root, stage2 } = one;
  const mine = arm64Access(registers, memory.read, access);
  const { kind, address } = access;
  if (kind === 'fetch' && !uniform(address, 55)) return notAsked(mine);
  // what other accesses would read besides is made up now: the library walks to the end
  for (const other of ['read', 'write', 'fetch'] as const)
    for (const el of access.el < 2 ? ([0, 1] as const) : ([access.el] as const))
      arm64Access(registers, memory.read, { ...access, aligned: true, pan: false, kind: other, el });
  const said = ask({ architecture: 'arm64', registers, machine: {}, root, second: stage2, address, memory });
  const user = access.el === 0 || access.unprivileged === true;
  const other = kind === 'gcs-read' || kind === 'gcs-write' || (access.pan && !user);
  return saying(compare(mine, said, { kind: other ? 'other' : kind, user }), circumstancesArm64(one));
}

function circumstancesX86({ registers, below, bare, facts, access }: X86Case): string {
  const wp = bit(registers.get(below === 'none' ? 'CR0' : 'GUESTCR0') ?? 0n, 16);
  return [
    below === 'none' ? 'paging; ' : `${below}${bare ? ', no guest' : ''}; `,
    below === 'npt' && facts.gmet && access.kind === 'fetch' ? 'GMET; ' : '',
    bare || wp || access.kind !== 'write' ? '' : 'WP = 0; ',
  ].join('');
}

export function compareX86(one: X86Case): Compared {
  const { registers, memory, access, facts, root, below, bare } = one;
  const mine = answerOf(one);
  const { kind, address } = access;
  const prefix = below === 'none' ? '' : 'GUEST';
  const lam =
    bits(registers.get(`${prefix}CR3`) ?? 0n, 62, 61) !== 0n || bit(registers.get(`${prefix}CR4`) ?? 0n, 28);
  if (kind === 'fetch' && !bare && lam && !uniform(address, 47)) return notAsked(mine);
  for (const other of ['read', 'write', 'fetch'] as const)
    for (const user of [true, false])
      answerOf({ ...one, access: { ...access, kind: other, user, ac: true, implicit: false } });
  const machine = {
    maxphyaddr: facts.maxphyaddr,
    vendor: facts.amd ? 'amd' : 'intel',
    mbec: facts.mbec ? 1 : 0,
    gmet: facts.gmet ? 1 : 0,
    sss: facts.sss ? 1 : 0,
    rogpt: facts.readOnlyGuestTables ? 1 : 0,
  } as const;
  const said = ask({ architecture: 'x86', registers, machine, root, second: false, address, memory });
  const nested = bare && below === 'npt' && !(facts.gmet && kind === 'fetch'); // all of them count as a user's
  const user = nested || (access.user && access.implicit !== true);
  const shadow = kind === 'shadow-read' || kind === 'shadow-write';
  return saying(compare(mine, said, { kind: shadow ? 'other' : kind, user }), circumstancesX86(one));
}
