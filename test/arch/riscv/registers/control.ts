/** Control bits that decide how memory is translated: menvcfg and sstatus. */
import { format } from '../../../../src/bits/format.ts';
import { register } from '../../../../src/bits/register.ts';
import { bits, flag, res0 } from '../../../../src/bits/spec.ts';
import { priv } from '../refs.ts';

const MENVCFG = priv('section "Machine Environment Configuration (menvcfg) Register"');
const wpri = (hi: number, lo = hi) => res0(hi, lo, { name: `WPRI[${hi === lo ? hi : `${hi}:${lo}`}]` });

export const menvcfgFormat = format(
  'riscv.MENVCFG',
  { title: 'menvcfg: machine environment configuration', ref: MENVCFG },
  {
    stce: flag(63, 'STCE', { note: 'stimecmp is there for the supervisor' }),
    pbmte: flag(62, 'PBMTE', { note: 'Svpbmt is there for S-mode translation' }),
    adue: flag(61, 'ADUE', { note: 'hardware sets A and D' }),
    cde: flag(60, 'CDE', { note: 'counters are delegated' }),
    dte: flag(59, 'DTE', { note: 'double traps' }),
    res34: wpri(58, 34),
    pmm: bits(33, 32, 'PMM', { note: 'pointer masking of the mode below' }),
    res8: wpri(31, 8),
    cbze: flag(7, 'CBZE', { note: 'cache-block zero instructions' }),
    cbcfe: flag(6, 'CBCFE', { note: 'cache-block clean and flush instructions' }),
    cbie: bits(5, 4, 'CBIE', { note: 'cache-block invalidate instructions' }),
    sse: flag(3, 'SSE', { note: 'shadow stacks' }),
    lpe: flag(2, 'LPE', { note: 'landing pads' }),
    res1: wpri(1),
    fiom: flag(0, 'FIOM', { note: 'fences of I/O order memory too' }),
  },
);
/** What translation hangs on. */
export type MenvcfgFacts = { readonly pbmt: boolean; readonly hardwareAd: boolean };
export const menvcfg = register(menvcfgFormat, {
  aliases: ['menvcfg'],
  facts: ({ pbmte, adue }): MenvcfgFacts => ({ pbmt: pbmte === 1, hardwareAd: adue === 1 }),
});

const SSTATUS = priv('section "Supervisor Status (sstatus) Register"');

export const sstatusFormat = format(
  'riscv.SSTATUS',
  { title: 'sstatus: supervisor status', ref: SSTATUS },
  {
    sd: flag(63, 'SD', { note: 'some extension state is dirty' }),
    res34: wpri(62, 34),
    uxl: bits(33, 32, 'UXL', { note: 'XLEN of U-mode' }),
    res25: wpri(31, 25),
    ...{
      sdt: flag(24, 'SDT', { note: 'double trap' }),
      spelp: flag(23, 'SPELP', { note: 'a landing pad was expected' }),
      res20: wpri(22, 20),
    },
    mxr: flag(19, 'MXR', { note: 'executable pages can be read' }),
    sum: flag(18, 'SUM', { note: 'the supervisor may access user pages' }),
    res17: wpri(17),
    ...{
      xs: bits(16, 15, 'XS'),
      fs: bits(14, 13, 'FS'),
      res11: wpri(12, 11),
      vs: bits(10, 9, 'VS'),
      spp: flag(8, 'SPP', { note: 'the trap came from S-mode' }),
      res7: wpri(7),
      ube: flag(6, 'UBE', { note: 'U-mode is big-endian' }),
      spie: flag(5, 'SPIE'),
      res2: wpri(4, 2),
      sie: flag(1, 'SIE', { note: 'interrupts' }),
      res0: wpri(0),
    },
  },
);
/** What translation hangs on. */
export type SstatusFacts = { readonly userAccess: boolean; readonly executeReads: boolean };
export const sstatus = register(sstatusFormat, {
  aliases: ['sstatus'],
  facts: ({ sum, mxr }): SstatusFacts => ({ userAccess: sum === 1, executeReads: mxr === 1 }),
});
