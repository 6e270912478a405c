import { sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const eptMisconfigured = lintRule({
  id: 'ept-misconfigured',
  title: 'EPT entries that are misconfigured',
  severity: 'error',
  explain:
    'An EPT entry is present but breaks a rule: writable or (without that capability) execute-only but not readable, a reserved memory type, a reserved bit, or an address beyond MAXPHYADDR. Every access through it exits with an EPT misconfiguration, which hypervisors treat as a bug of their own. Entries that KVM made so on purpose, to remember that an address is MMIO, are reported by kvm-mmio and not here.',
  refs: { x86: [sdm('section "EPT Misconfigurations"')] },
  entry: ({ regime, kind, reading }) => {
    if (!regime.misconfigures || kind !== 'fault' || reading.facts.mmio !== undefined) return undefined;
    const wrong = reading.findings.filter(({ severity }) => severity === 'error');
    return { message: wrong.map(({ message }) => message.replace(/: EPT misconfiguration$/, '')).join('; ') };
  },
});
