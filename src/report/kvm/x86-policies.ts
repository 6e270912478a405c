/** What is known of KVM on x86, for people and as records. */
import type { X86Policy } from '../../kvm/x86/model.ts';
import type { X86Types } from '../../kvm/x86/types.ts';
import type { PoliciesReport } from './architecture.ts';
import { type AskedCap, capRecord } from './cap.ts';
import { type TextAnswer, texts } from './text.ts';

const capAnswer = (asked: readonly AskedCap<X86Types>[]): TextAnswer =>
  texts({
    records: asked.map(capRecord),
    rows: asked,
    columns: [
      { title: 'era', text: r => r.era },
      { title: 'CPU', text: r => r.cpuName },
      { title: 'check', text: r => (r.known ? String(r.mask) : ''), align: 'right' },
      { title: 'KVM_ENABLE_CAP', text: r => (!r.known ? '' : r.call === 'none' ? 'nothing' : r.call) },
      { title: 'returns', text: r => (r.known ? String(r.ret) : ''), align: 'right' },
      {
        title: 'IGNORE_GUEST_PAT',
        text: r => (!r.known ? 'no such quirk' : r.quirkActive ? 'active' : 'not active'),
      },
      { title: 'because', text: r => r.says, wrap: true },
      { title: 'ev', text: r => r.grade },
    ],
  });

/** Everything that was decided; the releases stand in `covers`. */
const policyRecord = ({ notes, ...p }: X86Policy): object => ({
  id: p.id,
  title: p.title,
  covers: p.covers,
  evidence: p.evidence,
  ept: p.ept,
  patQuirk: p.patQuirk,
  emulatesCaching: p.emulatesCaching,
  ...(notes === undefined ? {} : { notes }),
});

export const x86Policies: PoliciesReport<X86Types> = {
  cpuText: ({ selfSnoop, tdp }) =>
    [selfSnoop ? 'self-snoop' : '', tdp === false ? 'no EPT' : ''].filter(Boolean).join(' '),
  capAnswer,
  policyRecord,
};
