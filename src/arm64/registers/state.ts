/** The state of the processor that an exception saved: SPSR_ELx, from AArch64 [Arm ARM, SPSR_EL1]. What of it decides an access is PAN and UAO. */
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { bits, flag, res0, reserved, type ValueTable } from '../../bits/spec.ts';
import { arm } from '../../refs.ts';

const AARCH64: Readonly<Record<number, string>> = {
  0: 'EL0',
  4: 'EL1t',
  5: 'EL1h',
  8: 'EL2t',
  9: 'EL2h',
  12: 'EL3t',
  13: 'EL3h',
};
/** M[4] = 1: taken from AArch32, whose CPSR has other fields. */
const MODES: ValueTable = Array.from(
  { length: 32 },
  (_, code) => AARCH64[code] ?? (code < 16 ? reserved() : 'AArch32'),
);

export const spsrFormat = format(
  'arm64.SPSR_ELx',
  { title: 'Saved Program Status Register, from AArch64', ref: arm('SPSR_EL1') },
  () => ({
    res37: res0(63, 37),
    uinj: flag(36, 'UINJ', { note: 'an Undefined Instruction exception is injected' }),
    pacm: flag(35, 'PACM', { note: 'PACM of instructions that use a pointer' }),
    exlock: flag(34, 'EXLOCK', { note: 'ELR and SPSR are locked' }),
    ppend: flag(33, 'PPEND', { note: 'a profiling exception is pending' }),
    pm: flag(32, 'PM', { note: 'profiling exceptions are masked' }),
    ...{
      n: flag(31, 'N', { note: 'negative' }),
      z: flag(30, 'Z', { note: 'zero' }),
      c: flag(29, 'C', { note: 'carry' }),
      v: flag(28, 'V', { note: 'overflow' }),
    },
    res26: res0(27, 26),
    tco: flag(25, 'TCO', { note: 'loads and stores are not tag checked' }),
    dit: flag(24, 'DIT', { note: 'timing that does not depend on data' }),
    uao: flag(23, 'UAO', { note: 'unprivileged loads and stores act as privileged' }),
    pan: flag(22, 'PAN', { note: 'privileged data accesses to pages of EL0 fault' }),
    ss: flag(21, 'SS', { note: 'software step' }),
    il: flag(20, 'IL', { note: 'illegal execution state' }),
    res14: res0(19, 14),
    allint: flag(13, 'ALLINT', { note: 'all interrupts are masked' }),
    ssbs: flag(12, 'SSBS', { note: 'speculative store bypass is safe' }),
    btype: bits(11, 10, 'BTYPE', { note: 'branch type, for BTI' }),
    ...{
      d: flag(9, 'D', { note: 'debug exceptions are masked' }),
      a: flag(8, 'A', { note: 'SError is masked' }),
      i: flag(7, 'I', { note: 'IRQ is masked' }),
      f: flag(6, 'F', { note: 'FIQ is masked' }),
    },
    res5: res0(5),
    m: bits(4, 0, 'M', { values: MODES, severity: 'note' }),
  }),
);

export const spsr = register(spsrFormat, {
  aliases: ['SPSR_EL1', 'SPSR_EL2', 'SPSR_EL3', 'SPSR_EL12', 'spsr'],
});
