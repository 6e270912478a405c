import { apm, asl, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const tableHidden = lintRule({
  id: 'table-hidden',
  title: 'tables that the second stage hides from the walker',
  severity: 'warning',
  explain:
    'A processor reads the tables of a guest through its second stage, and that must permit it: read access, where hardware sets flags or where the manual counts such reads as writes also write access, on arm64 with HCR_EL2.PTW memory that is not Device. A table that is denied maps nothing: every access that needs it faults at the second stage. A hypervisor that means it (it maps what is touched first, or protects the page) handles the fault; else the guest never gets on.',
  refs: {
    arm64: [asl('AArch64.S2CheckPermissions')],
    x86: [sdm('section "EPT Violations"'), apm('section "Nested Table Walk"')],
  },
  hidden: ({ level, finding }) => ({
    message: `level ${level.name} table: ${finding.message.replace(/0x[0-9a-f]+/, 'its page')}`,
    ...(finding.ref ? { ref: finding.ref } : {}),
  }),
});
