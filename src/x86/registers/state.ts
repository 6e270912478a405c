/** The state of the processor that an exception pushes: RFLAGS [SDM, section "System Flags and Fields in the EFLAGS Register"]. What of it decides an access is AC. */
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { bits, flag, res0, res1 } from '../../bits/spec.ts';
import { sdm } from '../../refs.ts';

const FLAGS = sdm('section "System Flags and Fields in the EFLAGS Register"');

export const rflagsLayout = format('x86.RFLAGS', { title: 'RFLAGS', ref: FLAGS }, () => ({
  res22: res0(63, 22),
  ...{
    id: flag(21, 'ID', { note: 'CPUID is there, where it can be changed' }),
    vip: flag(20, 'VIP', { note: 'a virtual interrupt is pending' }),
    vif: flag(19, 'VIF', { note: 'virtual interrupt flag' }),
    ac: flag(18, 'AC', { note: 'alignment checks; with SMAP, the supervisor may access pages of the user' }),
  },
  ...{
    vm: flag(17, 'VM', { note: 'virtual-8086 mode' }),
    rf: flag(16, 'RF', { note: 'no debug exception for the next instruction' }),
    res15: res0(15),
    nt: flag(14, 'NT', { note: 'nested task' }),
    iopl: bits(13, 12, 'IOPL', { note: 'I/O privilege level' }),
  },
  ...{
    of: flag(11, 'OF', { note: 'overflow' }),
    df: flag(10, 'DF', { note: 'string instructions go down' }),
    if: flag(9, 'IF', { note: 'maskable interrupts are taken' }),
    tf: flag(8, 'TF', { note: 'single step' }),
  },
  ...{
    sf: flag(7, 'SF', { note: 'negative' }),
    zf: flag(6, 'ZF', { note: 'zero' }),
    res5: res0(5),
    af: flag(4, 'AF', { note: 'carry of the low four bits' }),
  },
  ...{
    res3: res0(3),
    pf: flag(2, 'PF', { note: 'even parity of the low byte' }),
    res1: res1(1),
    cf: flag(0, 'CF', { note: 'carry' }),
  },
}));

export const rflags = register(rflagsLayout, {
  id: 'x86.RFLAGS',
  title: 'RFLAGS: flags, and AC, which lifts SMAP',
  ref: FLAGS,
  aliases: ['rflags', 'eflags'],
});
