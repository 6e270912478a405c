import { arm, sdm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const reservedBits = lintRule({
  id: 'reserved-bits',
  title: 'reserved bits that are set',
  severity: 'warning',
  explain:
    'A bit that the architecture reserves is set: RES0 on arm64 (what it does is not defined, and may be defined tomorrow), must-be-zero on x86 (the access faults, and the report is an error). Often the entry was written for another control setting: NX without EFER.NXE, MemAttr[3] with FWB, a bit of a feature that is off. The settings in force are those that the registers give.',
  refs: {
    arm64: [arm('section D8.3, VMSAv8-64 descriptor formats')],
    x86: [sdm('section "Page-Fault Exceptions"')],
  },
  entry: passingOn('reserved-bits'),
});
