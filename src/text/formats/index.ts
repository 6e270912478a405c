/** Every recogniser, specific ones before general ones: the order decides between equal scores. */
import type { Recogniser } from '../recogniser.ts';
import {
  kvmPanic,
  looseAbort,
  opteeAbort,
  otherAborts,
  qemuInterrupts,
  tfaCrash,
  ubootAbort,
} from './arm64-aborts.ts';
import { arm64Oops } from './arm64-oops.ts';
import { badPageMap } from './bad-page-map.ts';
import { bareWords } from './bare-words.ts';
import { bochsPage, bochsTab, bochsTrace } from './bochs.ts';
import { chipsecDict, chipsecLog } from './chipsec.ts';
import { crashVtop } from './crash.ts';
import { edk2Exception } from './edk2-exception.ts';
import { opteeTables, tfa, ubootBdinfo, ubootTables, zephyr } from './firmware.ts';
import { crashRd, hexdumpC, od, ubootMd, xxd } from './hexdump.ts';
import { labelledEntries } from './labelled-entries.ts';
import { e820, iomem } from './memory-maps.ts';
import { mtrrDmesg, mtrrFirmware, mtrrProc, patDmesg, patList } from './memory-types.ts';
import { bochsWords, gdbWords, qemuWords, windbgWords } from './memory-words.ts';
import { arm64Ptdump, kvmStage2, wxCheck, x86Ptdump } from './ptdump.ts';
import { qemuGva, qemuMem, qemuMtree, qemuPg, qemuTlb } from './qemu.ts';
import {
  bochsRegisters,
  cpuinfo,
  gdbRegisters,
  jsonRegisters,
  pairRegisters,
  qemuRegisters,
  rdmsr,
  rustRegisters,
} from './registers.ts';
import { secondStage } from './second-stage.ts';
import { addrxlat, kvmTrace, tarmac } from './traces.ts';
import { vmcs } from './vmcs.ts';
import { hyperdbgPte, windbgPte } from './windows.ts';
import { x86Oops } from './x86-oops.ts';
import { xenArm, xenX86 } from './xen.ts';

export const recognisers: readonly Recogniser[] = [
  arm64Oops,
  x86Oops,
  badPageMap,
  edk2Exception,
  kvmStage2,
  arm64Ptdump,
  x86Ptdump,
  wxCheck,
  vmcs,
  secondStage,
  qemuTlb,
  qemuMem,
  qemuPg,
  qemuWords,
  gdbWords,
  bochsWords,
  windbgWords,
  qemuGva,
  qemuMtree,
  qemuRegisters,
  bochsRegisters,
  gdbRegisters,
  rdmsr,
  rustRegisters,
  pairRegisters,
  jsonRegisters,
  bochsPage,
  bochsTab,
  bochsTrace,
  crashVtop,
  xenX86,
  xenArm,
  hyperdbgPte,
  windbgPte,
  tfa,
  ubootTables,
  ubootBdinfo,
  zephyr,
  ubootAbort,
  tfaCrash,
  opteeTables,
  opteeAbort,
  kvmPanic,
  qemuInterrupts,
  otherAborts,
  looseAbort,
  chipsecLog,
  chipsecDict,
  addrxlat,
  tarmac,
  kvmTrace,
  mtrrProc,
  mtrrDmesg,
  mtrrFirmware,
  patList,
  patDmesg,
  e820,
  iomem,
  cpuinfo,
  labelledEntries,
  hexdumpC,
  crashRd,
  ubootMd,
  xxd,
  od,
  bareWords,
];

const byId: ReadonlyMap<string, Recogniser> = new Map(recognisers.map(one => [one.id, one]));
export const recogniserById = (id: string): Recogniser | undefined => byId.get(id);
