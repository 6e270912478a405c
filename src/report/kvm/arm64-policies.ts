/** What is known of KVM on arm64, for people and as records. */
import { groupBy } from '../../bits/group-by.ts';
import type { Arm64Policy } from '../../kvm/arm64/model.ts';
import type { Arm64Types } from '../../kvm/arm64/types.ts';
import type { PoliciesReport } from './architecture.ts';
import { type AskedCap, capRecord } from './cap.ts';
import { type TextAnswer, texts } from './text.ts';

function capAnswer(asked: readonly AskedCap<Arm64Types>[]): TextAnswer {
  const alike = groupBy(asked, r => [r.cpuName, r.known, r.number, r.vmFd, r.sysFd, r.grade].join());
  return texts({
    records: asked.map(capRecord),
    rows: [...alike.values()],
    columns: [
      { title: 'kernels', text: of => of.map(r => r.era).join(' '), wrap: true },
      { title: 'CPU', text: ([r]) => r?.cpuName ?? '' },
      { title: 'number', text: ([r]) => (r?.known ? String(r.number ?? '?') : 'unknown'), align: 'right' },
      { title: 'on a VM', text: ([r]) => String(r?.vmFd), align: 'right' },
      { title: 'on /dev/kvm', text: ([r]) => String(r?.sysFd), align: 'right' },
      { title: 'ev', text: ([r]) => r?.grade ?? '' },
      {
        title: 'source',
        text: of => [...new Set(of.flatMap(r => r.evidence.map(e => e.source)))].join('; '),
        wrap: true,
      },
    ],
  });
}

/** Everything that was decided; the releases stand in `covers`. */
const policyRecord = ({ prot, eagerPfnmap, notes, ...p }: Arm64Policy): object => ({
  id: p.id,
  title: p.title,
  covers: p.covers,
  kind: p.kind,
  evidence: p.evidence,
  slotFlags: p.slotFlags,
  slot: p.slot,
  vma: p.vma,
  fault: p.fault,
  protGeneration: prot.id,
  ...(eagerPfnmap === undefined ? {} : { eagerPfnmap }),
  cacheablePfnmapCap: p.cacheablePfnmapCap,
  ...(notes === undefined ? {} : { notes }),
});

export const arm64Policies: PoliciesReport<Arm64Types> = {
  cpuText: ({ fwb, dic, idc }) =>
    [fwb ? 'FWB' : '', dic ? 'DIC' : '', idc ? 'IDC' : ''].filter(Boolean).join(' '),
  capAnswer,
  policyRecord,
};
