/**
 * What a second stage decides whatever the guest's own tables say. Where it leaves the type to the guest nothing is
 * certain, and nothing is compared.
 */
import type { Reading } from '../bits/family.ts';
import type { Agreement } from '../walk/effective.ts';

export function decidedAlone(regime: string, { facts }: Reading): Partial<Agreement> | undefined {
  const memory = `${facts.memory ?? ''}`;
  switch (regime) {
    case 'arm64.stage2':
      // the names of MemAttr, Tables D8-96, D8-100 and D8-101 of the Arm ARM
      if (memory.startsWith('Normal WB forced')) return { type: 'Normal WB', cached: true };
      return /^Device|^Normal NC|^Normal oNC iNC/.test(memory) ? { cached: false } : undefined;
    case 'x86.ept':
      if (facts.ignorePat !== true || memory === 'reserved') return undefined;
      return { type: memory, cached: memory !== 'UC' && memory !== 'WC' };
    default:
      return undefined;
  }
}
