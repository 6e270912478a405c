/** Every rule, in the order in which reports of one severity are printed. */
import type { LintRule } from './rule.ts';
import { accessFlagClear } from './rules/access-flag-clear.ts';
import { aliasCacheability } from './rules/alias-cacheability.ts';
import { aliasShareability } from './rules/alias-shareability.ts';
import { aliasType } from './rules/alias-type.ts';
import { beyondExpectation } from './rules/beyond-expectation.ts';
import { blockMisaligned } from './rules/block-misaligned.ts';
import { blockSplit } from './rules/block-split.ts';
import { conditionalAccess } from './rules/conditional-access.ts';
import { contiguousGroup } from './rules/contiguous-group.ts';
import { deviceExecutable } from './rules/device-executable.ts';
import { eptMisconfigured } from './rules/ept-misconfigured.ts';
import { kernelExecutesUser } from './rules/kernel-executes-user.ts';
import { kvmMmio } from './rules/kvm-mmio.ts';
import { mtrrSplit } from './rules/mtrr-split.ts';
import { normalDevice } from './rules/normal-device.ts';
import { nptSupervisor } from './rules/npt-supervisor.ts';
import { outputBeyondSize } from './rules/output-beyond-size.ts';
import { recursiveTable } from './rules/recursive-table.ts';
import { register } from './rules/register.ts';
import { reservedBits } from './rules/reserved-bits.ts';
import { reservedEncoding } from './rules/reserved-encoding.ts';
import { softwareEntry } from './rules/software-entry.ts';
import { tableHidden } from './rules/table-hidden.ts';
import { tableWritable } from './rules/table-writable.ts';
import { uncachedRam } from './rules/uncached-ram.ts';
import { userAccessesKernel } from './rules/user-accesses-kernel.ts';
import { userExecutesKernel } from './rules/user-executes-kernel.ts';
import { wrongRegime } from './rules/wrong-regime.ts';
import { wxGuest } from './rules/wx-guest.ts';
import { wxKernel } from './rules/wx-kernel.ts';
import { wxUser } from './rules/wx-user.ts';

export const lintRules: readonly LintRule[] = [
  wrongRegime,
  register,
  // rights
  wxKernel,
  wxUser,
  wxGuest,
  userExecutesKernel,
  userAccessesKernel,
  kernelExecutesUser,
  beyondExpectation,
  tableWritable,
  // memory types
  aliasCacheability,
  aliasType,
  aliasShareability,
  deviceExecutable,
  normalDevice,
  uncachedRam,
  mtrrSplit,
  // single entries
  eptMisconfigured,
  nptSupervisor,
  tableHidden,
  outputBeyondSize,
  blockMisaligned,
  contiguousGroup,
  reservedEncoding,
  reservedBits,
  accessFlagClear,
  conditionalAccess,
  blockSplit,
  recursiveTable,
  kvmMmio,
  softwareEntry,
];
