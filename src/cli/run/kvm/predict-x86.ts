/** `kvm predict` on x86: what the options describe is one host page in a slot, or one for each preset. */
import { parseSlotFlags, parseVmaFlags } from '../../../kvm/inputs.ts';
import type { Preset } from '../../../kvm/presets.ts';
import { parsePatType } from '../../../kvm/x86/effective.ts';
import { mappingOf } from '../../../kvm/x86/mapping.ts';
import { VMA_FLAGS } from '../../../kvm/x86/model.ts';
import { parsePage } from '../../../kvm/x86/page.ts';
import type { X86PredictInput } from '../../../kvm/x86/predict.ts';
import { presetsOf } from './common.ts';
import type { PredictArgs, Questions } from './predict-args.ts';

type Input = Omit<X86PredictInput, 'policy' | 'cpu'>;

function inputOf(args: PredictArgs, p: Preset): Input {
  const mapping = mappingOf(p);
  const named = args.flags === undefined ? undefined : parseVmaFlags(args.flags).flags;
  const page = args.pgprot === undefined ? p.x86 : { ...p.x86, pgprot: parsePatType(args.pgprot) };
  const slotFlags = args['slot-flags'] === undefined ? [] : parseSlotFlags(args['slot-flags']);
  return {
    ...mapping,
    page: parsePage(page, args.page),
    ...(named === undefined ? {} : { flags: VMA_FLAGS.filter(flag => named.includes(flag)) }),
    readonlySlot: slotFlags.includes('KVM_MEM_READONLY'),
    noncoherentDma: args['noncoherent-dma'] ?? false,
    disableQuirk: args['disable-quirk'] === 'IGNORE_GUEST_PAT' ? 'DISABLE_QUIRKS2' : 'none',
    cdQuirkDisabled: args['disable-quirk'] === 'CD_NW_CLEARED',
    guestCr0Cd: args['guest-cd'] ?? false,
    ...(args['guest-mtrr'] === undefined ? {} : { guestMtrr: args['guest-mtrr'] }),
    ...(args.gpa === undefined ? {} : { gpa: args.gpa }),
    host2M: args.align !== undefined && args.align !== '4K',
  };
}

export const x86Questions: Questions = {
  cpu: 'intel',
  assumed: ({ preset }) => (preset === undefined ? 'mapping anon, ordinary memory (--preset)' : undefined),
  mappings: args =>
    presetsOf(args.preset, 'anon').map(p => ({ input: inputOf(args, p), called: { mapping: p.id } })),
};
