/** The real captures of `fixtures/text`, and what each is. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const FOLDER = new URL('../../fixtures/text/', import.meta.url);

export const sample = (path: string): string => {
  const bytes = readFileSync(new URL(path, FOLDER));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

export const jsonl = <T>(path: string): T[] =>
  sample(path)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T);

/** File, what it is as a whole, and every other format that stands in it. */
export const samples: readonly (readonly [path: string, id: string, ...others: string[]])[] = [
  ['arm64/gdb-a57.txt', 'gdb.x', 'gdb.info-registers'],
  ['arm64/oops-a57.txt', 'arm64.oops'],
  ['arm64/oops-a57-null.txt', 'arm64.oops'],
  ['arm64/oops-max-user.txt', 'arm64.oops'],
  ['arm64/info-registers.txt', 'qemu.info-registers'],
  ['arm64/proc-iomem.txt', 'linux.iomem'],
  ['arm64/monitor.txt.gz', 'qemu.xp', 'qemu.gva2gpa', 'qemu.info-mtree'],
  ['arm64/registers.json.gz', 'registers.json'],
  ['arm64-linux-6.18/fwb-dic-vhe.console.txt', 'arm64.kvm-stage2', 'arm64.ptdump', 'linux.iomem'],
  ['arm64-linux-6.18/nofwb-nvhe.console.txt', 'arm64.kvm-stage2', 'arm64.ptdump', 'linux.iomem'],
  ['arm64-linux-6.18/fwb-dic-vhe-64k-ipa52.console.txt', 'arm64.kvm-stage2', 'arm64.ptdump', 'linux.iomem'],
  [
    'x86-linux-6.18/intel.console.txt.gz',
    'linux.pat-memtype-list',
    'linux.iomem',
    'x86.rdmsr',
    'linux.pat-dmesg',
    'x86.e820',
    'linux.proc-mtrr',
  ],
  ['qemu-oops/console.txt.gz', 'x86.oops', 'x86.e820', 'linux.pat-dmesg', 'linux.wx-check'],
  ['qemu-npt/addrxlat-npt.txt', 'addrxlat.walk'],
  ['qemu-npt/crash_vtop.txt', 'crash.vtop'],
  ['qemu-npt/gdb.txt', 'gdb.x', 'gdb.info-registers'],
  ['qemu-npt/gva2gpa.txt', 'qemu.gva2gpa'],
  ['qemu-npt/info_mem.txt.gz', 'qemu.info-mem'],
  ['qemu-npt/info_mtree.txt', 'qemu.info-mtree'],
  ['qemu-npt/info_registers.txt', 'qemu.info-registers'],
  ['qemu-npt/info_tlb.txt.gz', 'qemu.info-tlb'],
  ['qemu-npt/pat_memtype_list.txt', 'linux.pat-memtype-list'],
  ['qemu-npt/proc_iomem.txt', 'linux.iomem'],
  ['qemu-npt/proc_mtrr.txt', 'linux.proc-mtrr'],
  ['qemu-npt/vmcb.txt', 'words'],
  ['qemu-npt/xp.txt', 'qemu.xp'],
  [
    'qemu-npt/guest.txt.gz',
    'kvm.ftrace',
    'x86.rdmsr',
    'linux.iomem',
    'linux.pat-memtype-list',
    'linux.proc-mtrr',
    'linux.cpuinfo',
  ],
  ['qemu-32bit/addrxlat-cpu0.txt', 'addrxlat.walk'],
  ['qemu-32bit/gdb.txt', 'gdb.x', 'gdb.info-registers'],
  ['qemu-32bit/info_mem.txt', 'qemu.info-mem'],
  ['qemu-32bit/info_registers.txt', 'qemu.info-registers'],
  ['qemu-32bit/info_tlb.txt.gz', 'qemu.info-tlb'],
  ['qemu-32bit/pat_memtype_list_after.txt', 'linux.pat-memtype-list'],
  ['bochs-ept/page.txt.gz', 'bochs.page'],
  ['bochs-ept/regs.txt', 'bochs.registers'],
  ['bochs-ept/break1.txt', 'bochs.registers'],
  ['bochs-ept/xp.txt', 'bochs.xp'],
  ['bochs-ept/info_tab.txt.gz', 'bochs.info-tab'],
  ['bochs-ept/trace_mem.txt.gz', 'bochs.trace-mem'],
  ['bochs-mtrr/console.txt.gz', 'x86.e820', 'linux.pat-dmesg', 'linux.wx-check'],
  ['bochs-mtrr/pat_memtype_list_after.txt', 'linux.pat-memtype-list'],
  ['bochs-mtrr/proc_mtrr_after.txt', 'linux.proc-mtrr'],
  ['bochs-mtrr/proc_iomem.txt', 'linux.iomem'],
  [
    'bochs-mtrr/guest.txt.gz',
    'x86.rdmsr',
    'linux.pat-memtype-list',
    'linux.iomem',
    'linux.proc-mtrr',
    'linux.cpuinfo',
  ],
];
