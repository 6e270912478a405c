/**
 * Exceptions of EDK2 firmware on x86 [UefiCpuPkg/Library/CpuExceptionHandlerLib: DumpModuleImageInfo, DumpCpuContext].
 *
 *     !!!! X64 Exception Type - 0E(#PF - Page-Fault)  CPU Apic ID - 00000000 !!!!
 *     ExceptionData - 0000000000000003  I:0 R:0 U:0 W:1 P:1 PK:0 SS:0 SGX:0
 *     CR0  - 0000000080010033, CR2 - 00000000007185B0, CR3 - 000000007FC01000
 *     CR4  - 0000000000000668, CR8 - 0000000000000000
 *
 * The error code is one of a page fault where its bits are named; other exceptions have codes of their own.
 */
import type { Fault } from '../model.ts';
import { type At, big, known, recogniser } from '../recogniser.ts';

interface State {
  group: number;
  /** The vector, where the heading is there. */
  vector?: number;
  code?: bigint;
  said: boolean;
}
const PAGE_FAULT = 14;

const opened = (at: At<State>): number => {
  if (at.state.group === 0) at.state.group = at.out.group();
  return at.state.group;
};

export const edk2Exception = recogniser<State>({
  id: 'edk2.exception',
  title: 'EDK2 exception (x86)',
  arch: 'x86',
  state: () => ({ group: 0, said: false }),
  rows: [
    {
      like: /^!{4} (?:X64|IA32) Exception Type - ([0-9A-F]{1,8})\b.{0,100}!{4}$/i,
      proof: 1,
      read: (m, { state, out }) => {
        state.group = out.group();
        state.vector = Number(big(m[1]));
        state.said = false;
        delete state.code;
      },
    },
    {
      like: /^ExceptionData - ([0-9A-F]{8,16})((?: {1,2}[A-Z]{1,3}:[01]){4,12})?$/i,
      proof: 1,
      read: (m, at) => {
        const { state } = at;
        if (state.said) state.group = at.out.group();
        opened(at);
        state.said = false;
        if (m[2] !== undefined || state.vector === PAGE_FAULT) state.code = big(m[1]);
        else delete state.code;
      },
    },
    {
      like: /^CR0 {1,2}- ([0-9A-F]{8,16}), CR2 - ([0-9A-F]{8,16}), CR3 - ([0-9A-F]{8,16})(?:, CR4 - ([0-9A-F]{8,16}))?$/i,
      proof: 1,
      read: (m, at) => {
        const { state, line, out } = at;
        const group = opened(at);
        for (const [i, name] of ['CR0', 'CR2', 'CR3', 'CR4'].entries())
          if (m[i + 1] !== undefined) out.put(line, { is: 'register', name, value: big(m[i + 1]) }, group);
        const page = state.code !== undefined || state.vector === PAGE_FAULT;
        if (page && !state.said)
          out.put(
            line,
            known<Fault>({ is: 'fault', arch: 'x86', address: big(m[2]), errorCode: state.code }),
            group,
          );
        state.said = true;
      },
    },
    {
      like: /^CR4 {1,2}- ([0-9A-F]{8,16})(?:, CR8 - [0-9A-F]{8,16})?$/i,
      proof: 1,
      read: (m, at) => at.out.put(at.line, { is: 'register', name: 'CR4', value: big(m[1]) }, opened(at)),
    },
    {
      like: /^(?:[RE]IP|[RE][A-D]X|[RE]S[IP]|R(?:8|9|1\d) {0,2}|[CDEFGS]S|DR0|DR6|[GIL]DTR|TR) {0,3}- [0-9A-F]{8,16}(?:,| |$)/i,
      proof: 0.8,
    },
    { like: /^FXSAVE_STATE - [0-9A-F]{8,16}$|^!{4} (?:Find|Can't find) image |^RSDT? /i, proof: 0.8 },
  ],
});
