/** Slots as they were recorded: capabilities by number, by name, and with what the ioctl returned. */
import { expect, test } from 'vitest';
import { slotOf } from '../../../src/kvm/x86/recorded.ts';

test.each([
  ['the argument as a number', { KVM_CAP_DISABLE_QUIRKS2: 512 }, 'DISABLE_QUIRKS2'],
  ['the argument in a list', { KVM_CAP_DISABLE_QUIRKS2: ['0x200'] }, 'DISABLE_QUIRKS2'],
  ['the quirk by name, done', { 'KVM_CAP_DISABLE_QUIRKS2 IGNORE_GUEST_PAT': 0 }, 'DISABLE_QUIRKS2'],
  ['its whole name', { 'KVM_CAP_DISABLE_QUIRKS2 KVM_X86_QUIRK_IGNORE_GUEST_PAT': 0 }, 'DISABLE_QUIRKS2'],
  ['the old capability', { 'KVM_CAP_DISABLE_QUIRKS IGNORE_GUEST_PAT': 0 }, 'DISABLE_QUIRKS'],
  ['the quirk by name, refused', { 'KVM_CAP_DISABLE_QUIRKS2 IGNORE_GUEST_PAT': -22 }, 'none'],
  ['another quirk by name', { 'KVM_CAP_DISABLE_QUIRKS2 CD_NW_CLEARED': 0 }, 'none'],
  ['another bit', { KVM_CAP_DISABLE_QUIRKS2: 1 }, 'none'],
])('a quirk that was disabled: %s', (_, enableCap, call) => {
  const { disableQuirk } = slotOf({
    gpa: '0x0',
    cpu: { vendor: 'intel', selfSnoop: true },
    vm: { enableCap },
  });
  expect(disableQuirk).toBe(call);
});
