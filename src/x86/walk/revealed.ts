/** Under which settings an x86 entry stands that somebody pasted: by its text and by the registers beside it. */
import { decode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import type { Context, Given } from '../../text/context.ts';
import type { Entry, RegimeGuess } from '../../text/model.ts';
import type { Candidate } from '../../walk/candidate.ts';
import { OWNERS } from '../descriptors/software.ts';
import { cr4Layout, eferLayout, eferSettings } from '../registers/control.ts';
import { eptVpidCapLayout } from '../registers/features.ts';
import { eptpLayout, eptpSettings } from '../registers/roots.ts';
import { topLevel } from '../values/address.ts';

/** MAXPHYADDR, vendor and PAT. */
function processor({ registers, facts }: Context): Given {
  const width = facts.get('MAXPHYADDR');
  const vendor = facts.get('vendor');
  const pat = registers.get('PAT');
  const owner = facts.get('owner');
  return {
    ...(typeof owner === 'string' ? { owner: OWNERS.find(known => known === owner) ?? 'firmware' } : {}),
    ...(typeof width === 'bigint' && width >= 32n && width <= 52n ? { maxphyaddr: Number(width) } : {}),
    ...(vendor === 'GenuineIntel' ? { vendor: 'intel' } : {}),
    ...(vendor === 'AuthenticAMD' || vendor === 'HygonGenuine' ? { vendor: 'amd' } : {}),
    ...(pat === undefined ? {} : { pat }),
  };
}

/** Both vendors have LMA and NXE in the same places. */
const decodeEfer = (efer: bigint) => decode(eferLayout(settle(eferSettings)), efer);

/** The paging mode that CR4 and EFER select, as far as they are there. */
function modeOf(registers: Context['registers']): RegimeGuess['mode'] {
  const cr4 = registers.get('CR4');
  const efer = registers.get('EFER');
  if (cr4 === undefined) return undefined;
  const { pae, la57 } = decode(cr4Layout, cr4);
  if (pae === 0) return '32';
  if (efer === undefined) return undefined;
  return decodeEfer(efer).lma ? (la57 ? '5l' : '4l') : 'pae';
}

function paging(guess: RegimeGuess, context: Context): Given {
  const { registers } = context;
  const cr4 = registers.get('CR4');
  const efer = registers.get('EFER');
  const mode = guess.mode ?? modeOf(registers);
  const control = cr4 === undefined ? undefined : decode(cr4Layout, cr4);
  return {
    ...processor(context),
    ...(mode === undefined ? {} : { mode }),
    ...(control === undefined ? {} : { pse: control.pse, cet: control.cet }),
    ...(efer === undefined ? {} : { nxe: decodeEfer(efer).nxe }),
  };
}

function ept(context: Context): Given {
  const { registers } = context;
  const root = registers.get('EPTP');
  const word = registers.get('IA32_VMX_EPT_VPID_CAP');
  const capabilities = word === undefined ? undefined : decode(eptVpidCapLayout, word);
  return {
    ...processor(context),
    ...(root === undefined ? {} : { ad: decode(eptpLayout(settle(eptpSettings)), root).ad }),
    ...(capabilities === undefined
      ? {}
      : { execOnly: capabilities.execOnly, p2m: capabilities.p2m, p1g: capabilities.p1g }),
  };
}

/** What the layout or the meaning of one register hangs on. */
function register(guess: RegimeGuess, context: Context): Given {
  const { registers } = context;
  const cr4 = registers.get('CR4');
  const word = registers.get('IA32_VMX_EPT_VPID_CAP');
  const capabilities = word === undefined ? undefined : decode(eptVpidCapLayout, word);
  const { mode } = paging(guess, context);
  return {
    ...processor(context),
    ...(mode === undefined ? {} : { mode }),
    ...(cr4 === undefined ? {} : { pcide: decode(cr4Layout, cr4).pcide }),
    ...(capabilities === undefined
      ? {}
      : {
          uc: capabilities.uc,
          wb: capabilities.wb,
          pwl4: capabilities.pwl4,
          pwl5: capabilities.pwl5,
          ad: capabilities.ad,
          sss: capabilities.sss,
        }),
  };
}

/** Everything but the level. */
export function revealed({ regime: guess }: Pick<Entry, 'regime'>, context: Context): Given {
  if (guess === undefined) return {};
  switch (guess.family) {
    case 'x86.ept':
      return ept(context);
    case 'x86.pte':
    case 'x86.npt':
      return paging(guess, context);
    default:
      return register(guess, context);
  }
}

/** Linux calls the first table PGD, whatever the mode. */
export function levelNamed(name: string, guess: RegimeGuess, { mode }: Given): number | undefined {
  if (guess.family !== 'x86.pte' || name.toUpperCase() !== 'PGD') return undefined;
  return mode === '5l' || mode === '4l' || mode === 'pae' || mode === '32' ? topLevel(mode) : undefined;
}

/** The family of the entries in a candidate's tables. */
export const guess = ({ regime }: Candidate): RegimeGuess => ({
  family: regime.id === 'x86.ept' || regime.id === 'x86.npt' ? regime.id : 'x86.pte',
});
