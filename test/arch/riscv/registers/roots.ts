/** satp: which virtual-memory system there is, and where its tables begin [section "Supervisor Address Translation and Protection (satp) Register"]. */
import type { Finding } from '../../../../src/bits/codec.ts';
import { format } from '../../../../src/bits/format.ts';
import { register } from '../../../../src/bits/register.ts';
import { bits, pageNumber, reserved, type ValueTable } from '../../../../src/bits/spec.ts';
import { priv } from '../refs.ts';
import { MODES, type Mode } from '../values/address.ts';

const SATP = priv('section "Supervisor Address Translation and Protection (satp) Register"');

/** By code [Table "Encoding of satp MODE field"]. */
const NAMES: Readonly<Record<number, string>> = { 0: 'Bare', 8: 'Sv39', 9: 'Sv48', 10: 'Sv57' };
const MODE: ValueTable = Array.from({ length: 16 }, (_, code) =>
  code >= 14
    ? reserved('for custom use')
    : (NAMES[code] ?? reserved(code === 11 ? 'Reserved for Sv64' : 'Reserved for standard use')),
);

export const satpFormat = format(
  'riscv.SATP',
  { title: 'satp: supervisor address translation and protection', ref: SATP },
  {
    mode: bits(63, 60, 'MODE', { values: MODE }),
    asid: bits(59, 44, 'ASID', { note: 'address-space identifier' }),
    root: pageNumber('PPN', 12, [43, 0]),
  },
);
const BARE = 0;
export const modeCode = (mode: Mode): number => MODE.indexOf(mode.replace('sv', 'Sv'));

export type SatpFacts = {
  /** The mode’s name; its code where it has none. */
  readonly mode: string;
  readonly asid: number;
  /** Address of the root table in bytes. */
  readonly root: bigint;
};

const UNSPECIFIED: Finding = {
  id: 'bare-with-fields',
  severity: 'warning',
  bits: '59:0',
  message: 'MODE is Bare, but ASID and PPN are not 0: what that does is unspecified',
  ref: SATP,
};

export const satp = register(satpFormat, {
  aliases: ['satp'],
  facts: ({ mode, asid, root }): SatpFacts => ({ mode: NAMES[mode] ?? `mode ${mode}`, asid, root }),
  findings: ({ mode, asid, root }) => (mode === BARE && (asid !== 0 || root !== 0n) ? [UNSPECIFIED] : []),
});

/** The mode of a value of satp that this folder can walk. */
export const modeOf = (code: number): Mode | undefined => MODES.find(mode => modeCode(mode) === code);
