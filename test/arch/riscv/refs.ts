/** The manual that the citations of this folder refer to: The RISC-V Instruction Set Manual, volume II, privileged architecture 1.13. */
import type { Ref } from '../../../src/bits/spec.ts';

export const priv = (where: string): Ref => ({ manual: 'RISC-V Privileged', where });
export const pma = priv('section "Physical Memory Attributes"');
export const svpbmt = priv('chapter "Svpbmt Extension for Page-Based Memory Types"');
export const svnapot = priv('chapter "Svnapot Extension for NAPOT Translation Contiguity"');
