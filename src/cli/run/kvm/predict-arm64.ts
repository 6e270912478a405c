/** `kvm predict` on arm64: what the options describe is one memslot, or one for each preset. */
import { mappingOf } from '../../../kvm/arm64/mapping.ts';
import type { Arm64Mapping, Arm64Policy, SlotFlag } from '../../../kvm/arm64/model.ts';
import type { Arm64PredictInput } from '../../../kvm/arm64/predict.ts';
import { parseMapping, parseSlotFlags, parseVma } from '../../../kvm/inputs.ts';
import { preset } from '../../../kvm/presets.ts';
import { presetsOf } from './common.ts';
import type { PredictArgs, Questions } from './predict-args.ts';

/** One slot: its VMAs in address order. */
interface Slot {
  readonly mappings: readonly Arm64Mapping[];
  readonly slotFlags: readonly SlotFlag[];
}

function slotsOf(args: PredictArgs, policy: Arm64Policy): Slot[] {
  const slotFlags = args['slot-flags'] === undefined ? [] : parseSlotFlags(args['slot-flags']);
  const { vma, flags, pgprot, pfn, mte = false } = args;
  if (vma.length > 0) {
    // A VMA by its parts, or a preset.
    const mappings = vma.map(text =>
      text.includes('=') ? parseVma(text) : mappingOf(preset(text), policy, mte),
    );
    return [{ mappings, slotFlags }];
  }
  if (flags !== undefined || pgprot !== undefined || pfn !== undefined)
    return [{ mappings: [parseMapping({ flags: flags ?? 'VM_MAYWRITE', pgprot, pfn })], slotFlags }];
  return presetsOf(args.preset, 'anon').map(p => ({
    mappings: [mappingOf(p, policy, mte)],
    slotFlags: [...slotFlags, ...(p.slotFlags ?? [])],
  }));
}

type Input = Omit<Arm64PredictInput, 'policy' | 'cpu'>;

function inputOf(args: PredictArgs, { mappings, slotFlags }: Slot): Input {
  const writable = args['host-writable'];
  return {
    mappings:
      writable === undefined ? mappings : mappings.map(m => ({ ...m, hostWritable: writable === 'yes' })),
    slotFlags,
    vmMte: args.mte ?? false,
    permFault: args['permission-fault'] ?? false,
    tableOnly: args['table-only'] ?? false,
    pkvmHost: args.pkvm ?? false,
    ...(args.change === undefined ? {} : { change: args.change }),
    ...(args['slot-end'] === undefined ? {} : { slotEnd: args['slot-end'] }),
    ...(args.align === undefined ? {} : { align: args.align }),
  };
}

export const arm64Questions: Questions = {
  cpu: 'FWB+DIC',
  assumed: ({ preset, flags, pgprot, pfn, vma }) =>
    vma.length > 0 || [preset, flags, pgprot, pfn].some(text => text !== undefined)
      ? undefined
      : 'mapping anon, ordinary memory (--preset)',
  mappings: (args: PredictArgs, policy: Arm64Policy) =>
    slotsOf(args, policy).map(slot => ({ input: inputOf(args, slot) })),
};
