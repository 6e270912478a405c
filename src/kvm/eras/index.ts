/** Finding a policy by the name people use: an era, a kernel version, or a series version. */

import type { Arm64Policy } from '../arm64/model.ts';
import { unknownName } from '../errors.ts';
import type { X86Policy } from '../x86/model.ts';
import { ARM64_POLICIES } from './arm64/index.ts';
import { X86_POLICIES } from './x86/index.ts';

export { ARM64_POLICIES, X86_POLICIES };

type Version = readonly [number, number, number];

const version = (text: string): Version | undefined => {
  const m = /^(?:linux-?\s?)?v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~].*)?$/i.exec(text.trim());
  return m === null ? undefined : [Number(m[1]), Number(m[2]), Number(m[3] ?? 0)];
};

const atLeast = ([a, b]: Version, major: number, minor: number) => a > major || (a === major && b >= minor);

/**
 * `6.17`, `6.18.2`, `v6.8`, `cp-v7`. A kernel between two modelled ones belongs to the last change before it.
 * Kernels 5.11 to 5.13 were not read: the eager mapping of 5.10 disappears somewhere among them.
 */
export const arm64Policy = (name: string): Arm64Policy => {
  const exact = ARM64_POLICIES.find(p => p.id === name);
  if (exact) return exact;
  const v = version(name);
  const id =
    v === undefined
      ? undefined
      : atLeast(v, 7, 0)
        ? '7.0'
        : atLeast(v, 6, 17)
          ? '6.17'
          : atLeast(v, 6, 9)
            ? '6.9'
            : atLeast(v, 6, 2)
              ? '6.2'
              : atLeast(v, 5, 14)
                ? '5.14'
                : v[0] === 5 && v[1] === 10
                  ? '5.10'
                  : undefined;
  const found = ARM64_POLICIES.find(p => p.id === id);
  if (found) return found;
  throw unknownName('arm64 era', name, [
    ...ARM64_POLICIES.map(p => p.id),
    'or a kernel version: 5.10, or 5.14 and later',
  ]);
};

/** As for arm64; `6.12.78` and later of the 6.12 branch carry the quirk of 6.16. */
export const x86Policy = (name: string): X86Policy => {
  const exact = X86_POLICIES.find(p => p.id === name);
  if (exact) return exact;
  const v = version(name);
  let id: string | undefined;
  if (v !== undefined && atLeast(v, 4, 2)) {
    if (atLeast(v, 6, 16) || (v[0] === 6 && v[1] === 12 && v[2] >= 78)) id = '6.16';
    else if (/-rc/i.test(name) && v[0] === 6 && v[1] === 11) id = '6.11-rc';
    else if (atLeast(v, 6, 11)) id = '6.11';
    else if (atLeast(v, 6, 7)) id = '6.7';
    else id = 'pre-6.7';
  }
  const found = X86_POLICIES.find(p => p.id === id);
  if (found) return found;
  throw unknownName('x86 era', name, [...X86_POLICIES.map(p => p.id), 'or a kernel version from 4.2 on']);
};
