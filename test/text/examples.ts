/**
 * Small texts of every format, written from the formats (`docs/text-formats.md`) with values of our own, and everything
 * they say.
 */
export interface Example {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly says: readonly string[];
}

const page = (byte: string): string => `${byte}\n`;

export const examples: readonly Example[] = [
  {
    id: 'arm64.oops',
    name: 'four levels, p4d folded',
    text: `Unable to handle kernel paging request at virtual address ffff00000bca30d8
Mem abort info:
  ESR = 0x0000000096000005
  EC = 0x25: DABT (current EL), IL = 32 bits
  SET = 0, FnV = 0
  EA = 0, S1PTW = 0
  FSC = 0x05: level 1 translation fault
swapper pgtable: 4k pages, 48-bit VAs, pgdp=000000000148c000
[ffff00000bca30d8] pgd=000000023f98a003, p4d=000000023f98a003, pud=000000023f98b003, pmd=0000000000000000
`,
    says: [
      'ESR_EL1=96000005',
      'arm64 fault ffff00000bca30d8 code 96000005',
      'FAR_EL1=ffff00000bca30d8',
      'granule: 4K',
      'va bits: 30',
      'root: 148c000 (doubtful)',
      'PGD/0, 23f98a003, of ffff00000bca30d8, arm64.stage1 4K',
      'P4D/0, 23f98a003, of ffff00000bca30d8, arm64.stage1 4K, folded',
      'PUD/1, 23f98b003, of ffff00000bca30d8, arm64.stage1 4K',
      'PMD/2, 0, of ffff00000bca30d8, arm64.stage1 4K',
    ],
  },
  {
    id: 'arm64.oops',
    name: 'two levels of 64K: three folded',
    text: `swapper pgtable: 64k pages, 42-bit VAs, pgdp=0000000041230000
[fffffc0000010000] pgd=00000000411f0003, p4d=00000000411f0003, pud=00000000411f0003, pmd=00000000411f0003, pte=0000000000000000
`,
    says: [
      'granule: 64K',
      'va bits: 2a',
      'root: 41230000 (doubtful)',
      'PGD/2, 411f0003, of fffffc0000010000, arm64.stage1 64K',
      'P4D/2, 411f0003, of fffffc0000010000, arm64.stage1 64K, folded',
      'PUD/2, 411f0003, of fffffc0000010000, arm64.stage1 64K, folded',
      'PMD/2, 411f0003, of fffffc0000010000, arm64.stage1 64K, folded',
      'PTE/3, 0, of fffffc0000010000, arm64.stage1 64K',
      'arm64 fault fffffc0000010000 code ?',
      'FAR_EL1=fffffc0000010000',
    ],
  },
  {
    id: 'arm64.oops',
    name: 'five levels (LPA2)',
    text: `swapper pgtable: 4k pages, 52-bit VAs, pgdp=0000000041230000
[ffef000000000000] pgd=1000000042001003, p4d=1000000042002003, pud=1000000042003003, pmd=0060000042000701
`,
    says: [
      'granule: 4K',
      'va bits: 34',
      'root: 41230000 (doubtful)',
      'PGD/-1, 1000000042001003, of ffef000000000000, arm64.stage1 4K',
      'P4D/0, 1000000042002003, of ffef000000000000, arm64.stage1 4K',
      'PUD/1, 1000000042003003, of ffef000000000000, arm64.stage1 4K',
      'PMD/2, 60000042000701, of ffef000000000000, arm64.stage1 4K',
      'arm64 fault ffef000000000000 code ?',
      'FAR_EL1=ffef000000000000',
    ],
  },
  {
    id: 'arm64.oops',
    name: '4.14: stars, no p4d, no header: levels from what repeats',
    text: `[ffff000008f8a000] *pgd=00000000bfff8003, *pud=00000000bfff7003, *pmd=0000000000000000
Internal error: Oops: 96000006 [#1] PREEMPT SMP
`,
    says: [
      'PGD/0, bfff8003, of ffff000008f8a000, arm64.stage1',
      'PUD/1, bfff7003, of ffff000008f8a000, arm64.stage1',
      'PMD/2, 0, of ffff000008f8a000, arm64.stage1',
      'ESR_EL1=96000006',
      'arm64 fault ffff000008f8a000 code 96000006',
      'FAR_EL1=ffff000008f8a000',
    ],
  },
  {
    id: 'arm64.ptdump',
    name: 'stage 1 with every word',
    text: `---[ Linear Mapping start ]---
0xfff0000000000000-0xfff0000000210000        2112K PTE       RW NX     AF            UXN    MEM/NORMAL-TAGGED
0xfff0000000400000-0xfff0000002200000          30M PMD       ro NX     AF        BLK UXN    MEM/NORMAL
0xfff0000080000000-0xfff0008000000000         510G PUD
---[ Linear Mapping end ]---
---[ vmalloc() area ]---
0xffff800080010000-0xffff800080020000          64K PTE   F USR RW x  SHD AF NG CON         GP MEM/NORMAL-NC
0xffff800080550000-0xffff800080560000          64K PTE       RW NX SHD AF    CON     UXN    DEVICE/nGnRE
`,
    says: [
      'va fff0000000000000-fff0000000210000, PTE/3, under Linear Mapping, +accessed -block -contiguous -executePrivileged -executeUser +global -guarded type=Normal-Tagged -user +valid +write',
      'va fff0000000400000-fff0000002200000, PMD/2, under Linear Mapping, +accessed +block -contiguous -executePrivileged -executeUser +global -guarded type=Normal -user +valid -write',
      'va fff0000080000000-fff0008000000000, PUD/1, under Linear Mapping, hole',
      'va ffff800080010000-ffff800080020000, PTE/3, under vmalloc() area, +accessed -block +contiguous +executePrivileged +executeUser -global +guarded shareability=inner type=Normal-NC +user -valid +write',
      'va ffff800080550000-ffff800080560000, PTE/3, under vmalloc() area, +accessed -block +contiguous -executePrivileged -executeUser +global -guarded shareability=inner type=Device-nGnRE -user +valid +write',
    ],
  },
  {
    id: 'arm64.kvm-stage2',
    name: 'merged version: X or nothing',
    text: `---[ Guest IPA ]---
0x0000000000000000-0x0000000001020000       16512K 3
0x0000000001020000-0x0000000001021000           4K 3   R W X AF    
0x0000000080000000-0x0000000081200000          18M 2   R W   AF BLK
`,
    says: [
      'ipa 0-1020000, 3/3, under Guest IPA, hole',
      'ipa 1020000-1021000, 3/3, under Guest IPA, +accessed -block +execute +read +valid +write',
      'ipa 80000000-81200000, 2/2, under Guest IPA, +accessed +block -execute +read +valid +write',
    ],
  },
  {
    id: 'arm64.kvm-stage2',
    name: 'the words of the XN pair, x and NX of 6.18, -1 and 0',
    text: `---[ Host IPA ]---
0x0000000040000000-0x0000000040001000           4K 3   R W px ux AF    
0x0000000040001000-0x0000000040002000           4K 3   R   PXNux AF    
0x0000000040002000-0x0000000040003000           4K 3   R W PXNUXN AF    
0x0000000040003000-0x0000000040004000           4K 3   R W px UXN AF    
0x0000000040004000-0x0000000040005000           4K 3 F R W NX AF    
0x0000000040005000-0x0000000040006000           4K 3   R   x  AF    
0x0000008000000000-0x0001000000000000         255T -1
`.replace('0x0001000000000000         255T', '0x0000010000000000         512G'),
    says: [
      'ipa 40000000-40001000, 3/3, under Host IPA, +accessed -block +executePrivileged +executeUser +read +valid +write',
      'ipa 40001000-40002000, 3/3, under Host IPA, +accessed -block -executePrivileged +executeUser +read +valid -write',
      'ipa 40002000-40003000, 3/3, under Host IPA, +accessed -block -executePrivileged -executeUser +read +valid +write',
      'ipa 40003000-40004000, 3/3, under Host IPA, +accessed -block +executePrivileged -executeUser +read +valid +write',
      'ipa 40004000-40005000, 3/3, under Host IPA, +accessed -block -execute +read -valid +write',
      'ipa 40005000-40006000, 3/3, under Host IPA, +accessed -block +execute +read +valid -write',
      'ipa 8000000000-10000000000, -1/-1, under Host IPA, hole',
    ],
  },
  {
    id: 'arm64.kvm-stage2',
    name: 'first patches: level names, XN or nothing',
    text: `---[ IPA bits 33 start lvl 2 ]---
0x0000000000000000-0x0000000080000000           2G PGD
0x0000000080000000-0x0000000080c00000          12M PGD      R W AF        BLK
0x0000000080c00000-0x0000000080e00000           2M PGD   XN R W AF        BLK
`,
    says: [
      'ipa bits: 21',
      'start level: 2',
      'ipa 0-80000000, PGD/?, under IPA bits 33 start lvl 2, hole',
      'ipa 80000000-80c00000, PGD/?, under IPA bits 33 start lvl 2, +accessed +block +execute +read +valid +write',
      'ipa 80c00000-80e00000, PGD/?, under IPA bits 33 start lvl 2, +accessed +block -execute +read +valid +write',
    ],
  },
  {
    id: 'arm64.kvm-stage2',
    name: 'ipa_range and stage2_levels',
    text: '/sys/kernel/debug/kvm/1234-13/ipa_range:40\n== stage2_levels\n4\n',
    says: ['ipa bits: 28', 'levels: 4'],
  },
  {
    id: 'x86.ptdump',
    name: 'kernel half with holes and skipped entries',
    text: `---[ Low Kernel Mapping ]---
0xffff888000000000-0xffff888000001000           4K USR RW PWT PCD     PAT GLB NX pte
---[ vmalloc() Area ]---
0xffffc90000000000-0xffffc90000004000          16K     RW     PCD         GLB NX pte
0x0000000000000000-0xffff800000000000    16777088T                               pgd
... 16 entries skipped ... 
---[ High Kernel Mapping ]---
0xffffffff81000000-0xffffffff81e00000          14M     ro         PSE     GLB x  pmd
0xffffffffffe00000-0x0000000000000000           2M                               pmd
`,
    says: [
      'va ffff888000000000-ffff888000001000, pte/1, under Low Kernel Mapping, -block -execute +global +pat +pcd +pwt +user +write',
      'va ffffc90000000000-ffffc90000004000, pte/1, under vmalloc() Area, -block -execute +global -pat +pcd -pwt -user +write',
      'va 0-ffff800000000000, pgd/?, under vmalloc() Area, hole',
      'skipped entries: 10',
      'va ffffffff81000000-ffffffff81e00000, pmd/2, under High Kernel Mapping, +block +execute +global -pat -pcd -pwt -user -write',
      'va ffffffffffe00000-10000000000000000, pmd/2, under High Kernel Mapping, hole',
    ],
  },
  {
    id: 'linux.wx-check',
    name: 'verdicts',
    text: `x86/mm: Checked W+X mappings: FAILED, 3 W+X pages found.
Checked W+X mappings: FAILED, 4 W+X pages found, 5 non-UXN pages found
x86/mm: Checked W+X mappings: passed, no W+X pages found.
`,
    says: ['W+X pages: 3', 'W+X pages: 4', 'non-UXN pages: 5', 'W+X pages: 0'],
  },
  {
    id: 'x86.oops',
    name: 'four levels: P4D repeats PGD',
    text: `BUG: unable to handle page fault for address: ffffc9000002d000
#PF: supervisor write access in kernel mode
#PF: error_code(0x000b) - reserved bit violation
PGD 3400067 P4D 3400067 PUD 35a7067 PMD 35a8067 PTE 800000fffffee163
Oops: 000b [#1] SMP
CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
CR2: ffffc9000002d000 CR3: 0000000006202000 CR4: 0000000000750ef0
`,
    says: [
      'x86 fault ffffc9000002d000 code b',
      'PGD/4, 3400067, of ffffc9000002d000, x86.pte 4l',
      'P4D/4, 3400067, of ffffc9000002d000, x86.pte 4l, folded',
      'PUD/3, 35a7067, of ffffc9000002d000, x86.pte 4l',
      'PMD/2, 35a8067, of ffffc9000002d000, x86.pte 4l',
      'PTE/1, 800000fffffee163, of ffffc9000002d000, x86.pte 4l',
      'CR0=80050033',
      'CR2=ffffc9000002d000',
      'CR3=6202000',
      'CR4=750ef0',
    ],
  },
  {
    id: 'x86.oops',
    name: 'five levels, a large page, and BAD',
    text: `BUG: unable to handle kernel paging request at ff11000080000000
PGD 1234067 P4D 1235067 PUD 1236067 PMD 80000000012001e3 
BUG: unable to handle page fault for address: ff11000080000000
PGD 1234067 P4D 1235067 PUD fffff067 BAD
`,
    says: [
      'PGD/5, 1234067, of ff11000080000000, x86.pte 5l',
      'P4D/4, 1235067, of ff11000080000000, x86.pte 5l',
      'PUD/3, 1236067, of ff11000080000000, x86.pte 5l',
      'PMD/2, 80000000012001e3, of ff11000080000000, x86.pte 5l',
      'x86 fault ff11000080000000 code ?',
      'PGD/5, 1234067, of ff11000080000000, x86.pte 5l',
      'P4D/4, 1235067, of ff11000080000000, x86.pte 5l',
      'PUD/3, fffff067, of ff11000080000000, x86.pte 5l',
      'x86 fault ff11000080000000 code ?',
    ],
  },
  {
    id: 'x86.oops',
    name: '32-bit kernels, with and without PAE',
    text: `BUG: unable to handle page fault for address: c0deb000
*pdpt = 0000000002a6a001 *pde = 0000000002b83063 *pte = 8000000000deb161 
BUG: kernel NULL pointer dereference, address: 00000004
*pde = 00000000 
`,
    says: [
      'pdpt/3, 2a6a001, of c0deb000, x86.pte pae',
      'pde/2, 2b83063, of c0deb000, x86.pte pae',
      'pte/1, 8000000000deb161, of c0deb000, x86.pte pae',
      'x86 fault c0deb000 code ?',
      'pde/2, 0, 32-bit, of 4, x86.pte 32',
      'x86 fault 4 code ?',
    ],
  },
  {
    id: 'linux.bad-page-map',
    name: 'a page found bad, then a table',
    text: `BUG: Bad page map in process app  pte:fd20b000 pmd:16d7b08067
addr:00007fb3611a5000 vm_flags:08100073 anon_vma:ffff888100000000 mapping:0000000000000000 index:7fb3611a5
mm/pgtable-generic.c:33: bad pmd ffff888123456000(00000000deadbeef)
`,
    says: [
      'PMD/2, 16d7b08067, of 7fb3611a5000, x86.pte',
      'PTE/1, fd20b000, of 7fb3611a5000, x86.pte',
      'PMD/2, deadbeef, x86.pte',
    ],
  },
  {
    id: 'x86.vmcs',
    name: 'a VMCS of KVM',
    text: `*** Guest State ***
CR0: actual=0x0000000080050033, shadow=0x0000000080050033, gh_mask=fffffffffffffff7
CR3 = 0x0000000001234000
EFER= 0x0000000000000d01
*** Host State ***
CR0=0000000080050033 CR3=0000000105dfe004 CR4=00000000003626e0
*** Control State ***
EPT pointer = 0x0000000105dff05e
`,
    says: [
      'GUESTCR0=80050033',
      'GUESTCR3=1234000',
      'GUESTEFER=d01',
      'CR0=80050033',
      'CR3=105dfe004',
      'CR4=3626e0',
      'EPTP=105dff05e',
    ],
  },
  {
    id: 'entries.labelled',
    name: 'a walk on one line, and one entry',
    text: `PML4E=0x2067 PDPTE=0x3067 PDE=0x4067 PTE=0x5067
PTE: 0x8000000101234061
`,
    says: [
      'PML4E/4, 2067, x86.pte 4l',
      'PDPTE/3, 3067, x86.pte 4l',
      'PDE/2, 4067, x86.pte 4l',
      'PTE/1, 5067, x86.pte 4l',
      'PTE/1, 8000000101234061, x86.pte',
    ],
  },
  {
    id: 'x86.second-stage',
    name: 'a hierarchy of KVM, a violation of Xen',
    text: `get_mmio_spte: detect reserved bits on spte, addr 0x268fe10, dump hierarchy:
------ spte 0x1000007abb7007 level 4.
------ spte 0x10000035a59007 level 3.
(XEN) d1v0 EPT violation 0x19c (--x/rw-) gpa 0x0000007ed373a1 mfn 0x33ed37 type 0
(XEN) d1v0 Walking EPT tables for GFN 7ed37:
(XEN) d1v0  epte 9c0000047eba3107
(XEN) d1v0  epte 9c000003000003f3
(XEN) d1v0  --- GLA 0x7ed373a1
`,
    says: [
      'x86 ept-misconfiguration 268fe10 code ?',
      '4/4, 1000007abb7007, of 268fe10, x86.ept',
      '3/3, 10000035a59007, of 268fe10, x86.ept',
      'x86 ept-violation 7ed373a1 code 19c linear 7ed373a1',
      '4/4, 9c0000047eba3107, of 7ed373a1, x86.ept',
      '3/3, 9c000003000003f3, of 7ed373a1, x86.ept',
    ],
  },
  {
    id: 'windbg.d',
    name: 'dq, !dq',
    text: `00000000\`001aef78  00000000\`02182063 00000000\`00000000
#31620000 0a000000\`3a487867 00000000\`00000000
`,
    says: [
      'word, 2182063, at va:1aef78',
      'word, 0, at va:1aef80',
      'word, a0000003a487867, at pa:31620000',
      'word, 0, at pa:31620008',
    ],
  },
  {
    id: 'firmware.mtrr',
    name: 'coreboot',
    text: `MTRR: Physical address space:
0x0000000000000000 - 0x00000000000a0000 size 0x000a0000 type 6
MTRR: Fixed MSR 0x250 0x0606060606060606
CPU physical address size: 39 bits
MTRR: UC selected as default type.
MTRR: 0 base 0x0000000000000000 mask 0x0000007f80000000 type 6
`,
    says: [
      'mtrr-combined  0-a0000 WB',
      'MTRR_FIX64K_00000=606060606060606',
      'MAXPHYADDR: 27',
      'mtrr-default  ?-? UC',
      'mtrr-variable 0 0-80000000 WB',
    ],
  },
  {
    id: 'edk2.exception',
    name: 'a page fault',
    text: `!!!! X64 Exception Type - 0E(#PF - Page-Fault)  CPU Apic ID - 00000000 !!!!
ExceptionData - 0000000000000003  I:0 R:0 U:0 W:1 P:1 PK:0 SS:0 SGX:0
RIP  - 000000007DF9FC4E, CS  - 0000000000000038, RFLAGS - 0000000000210206
CR0  - 0000000080010033, CR2 - 00000000007185B0, CR3 - 000000007FC01000
CR4  - 0000000000040668, CR8 - 0000000000000000
`,
    says: ['CR0=80010033', 'CR2=7185b0', 'CR3=7fc01000', 'x86 fault 7185b0 code 3', 'CR4=40668'],
  },
  {
    id: 'rust.debug-registers',
    name: 'kvm_sregs, decimal',
    text: `kvm_sregs {
    cs: kvm_segment {
        base: 0,
    },
    cr0: 2147483697,
    cr3: 36864,
    efer: 1280,
}
`,
    says: ['CR0=80000031', 'CR3=9000', 'EFER=500'],
  },
  {
    id: 'qemu.info-pg',
    name: 'a table and a run of pages',
    text: `[00000-003ff]  PDE[000]     ----A--UWP
 [00010-00011]  PTE[010-011] ---DA--UWP 00123-00124
`,
    says: [
      'va 10000-12000, to 123000, +accessed -block +dirty +execute -global -pcd -pwt +user +valid +write',
    ],
  },
  {
    id: 'qemu.info-tlb',
    name: 'eight digits, and no X',
    text: `c0000000: 00000000 G-DA---W
c0001000: 00001000 G-DA---W
`,
    says: [
      'va c0000000-c0001000, to 0, +accessed -block +dirty +global -pcd -pwt -user +valid +write',
      'va c0001000-c0002000, to 1000, +accessed -block +dirty +global -pcd -pwt -user +valid +write',
    ],
  },
  {
    id: 'linux.cpuinfo',
    name: 'lscpu',
    text: `Address sizes:                      39 bits physical, 48 bits virtual
Vendor ID:                          GenuineIntel
`,
    says: ['MAXPHYADDR: 27', 'linear address bits: 30', 'vendor: GenuineIntel'],
  },
  {
    id: 'qemu.info-tlb',
    name: '4-level: large page, 4K pages, PAT of a 4K page',
    text: `0000000000200000: 0000000000200000 --P-----W
0000000000400000: 0000000000600000 X-PDACTUW
0000000000401000: 0000000000601000 -G-------
ffffff8000000000: 0000000000002000 X--DA--U-
`,
    says: [
      'va 200000-400000, to 200000, -accessed +block -dirty +execute -global -pcd -pwt -user +valid +write',
      'va 400000-401000, to 600000, +accessed -block +dirty -execute -global +pcd +pwt +user +valid +write',
      'va 401000-402000, to 601000, -accessed -block -dirty +execute +global -pcd -pwt -user +valid -write',
      'va ffffff8000000000-ffffff8000001000, to 2000, +accessed -block +dirty -execute -global -pcd -pwt +user +valid -write',
    ],
  },
  {
    id: 'qemu.info-mem',
    name: 'end exclusive',
    text: `0000000006c00000-0000000006e00000 0000000000200000 -r-
00007ff000000000-00007ff000003000 0000000000003000 urw
`,
    says: [
      'va 6c00000-6e00000, +read -user +valid -write',
      'va 7ff000000000-7ff000003000, +read +user +valid +write',
    ],
  },
  {
    id: 'qemu.xp',
    name: 'giant words, then words put together',
    text: `(qemu) xp /4gx 0x7c01000
0000000007c01000: 0x0000000007c02023 0x0000000007c03003
0000000007c01010: 0x0000000000000000 0x0000000000000000
(qemu) xp /3wx 0x7c01000
0000000007c01000: 0x07c02023 0x00000000 0x07c03003
`,
    says: [
      'word, 7c02023, at pa:7c01000',
      'word, 7c03003, at pa:7c01008',
      'word, 0, at pa:7c01010',
      'word, 0, at pa:7c01018',
      'word, 7c02023, at pa:7c01000',
      'word, 7c03003, 32-bit, at pa:7c01008',
    ],
  },
  {
    id: 'gdb.x',
    name: 'tabs, a symbol, words low first, bytes',
    text: `(gdb) x/2gx 0x7c01000
0x7c01000:\t0x0000000007c02023\t0x0000000007c03003
0x7c01010 <init_top_pgt+16>:\t0x80000000002000e3\t0x0000000000000000
0xffffffff82a10000 <init_top_pgt>:\t0x02a15067\t0x00000000\t0x00000001\t0x80000000
0x1000:\t0x67\t0x50\t0xa1\t0x02\t0x00\t0x00\t0x00\t0x00
sending: Qqemu.PhyMemMode:1
received: "OK"
0x2000:\t0x0000000000003067
`,
    says: [
      'word, 7c02023, at va:7c01000',
      'word, 7c03003, at va:7c01008',
      'word, 80000000002000e3, at va:7c01010',
      'word, 0, at va:7c01018',
      'word, 2a15067, at va:ffffffff82a10000',
      'word, 8000000000000001, at va:ffffffff82a10008',
      'word, 2a15067, at va:1000',
      'word, 3067, at pa:2000',
    ],
  },
  {
    id: 'bochs.xp',
    name: 'words low first',
    text: `<bochs> xp /4wx 0x6148000
[bochs]:
0x0000000006148000 <bogus+       0>:\t0x0707c067\t0x00000000\t0x03311067\t0x80000000
<bochs:15> 
`,
    says: ['word, 707c067, at pa:6148000', 'word, 8000000003311067, at pa:6148008'],
  },
  {
    id: 'qemu.gva2gpa',
    name: 'translated, not mapped, to the host',
    text: `(qemu) gva2gpa 0xffff000040000000
gpa: 0x40000000
(qemu) gva2gpa 0x1000
Unmapped
(qemu) gva2gpa 0
gpa: 0
(qemu) gpa2hpa 0x40000000
Host physical address for 0x40000000 (mach-virt.ram) is 0x215e00000
Host virtual address for 0x40000000 (mach-virt.ram) is 0x7f5e2be00000
`,
    says: [
      'gva ffff000040000000 -> gpa 40000000',
      'gva 1000 -> Unmapped',
      'gva 0 -> gpa 0',
      'gpa 40000000 -> hpa 215e00000',
      'gpa 40000000 -> hva 7f5e2be00000',
    ],
  },
  {
    id: 'qemu.info-mtree',
    name: 'a flat view',
    text: `FlatView #2
 AS "cpu-memory-0", root: system
 AS "memory", root: system
 Root memory region: system
  0000000000000000-0000000003ffffff (prio 0, romd): virt.flash0
  0000000009000000-0000000009000fff (prio 0, i/o): pl011
  0000000040000000-000000005fffffff (prio 0, ram): mach-virt.ram
  0000008000000000-0000008003ffffff (prio 1, ramd): vfio BAR 2
  fffffffffffff000-ffffffffffffffff (prio -1, nv-ram): nvdimm @0000000000001000
`,
    says: [
      'rom 0-4000000 virt.flash0 [FlatView #2: memory] 0',
      'mmio 9000000-9001000 pl011 [FlatView #2: memory] 0',
      'ram 40000000-60000000 mach-virt.ram [FlatView #2: memory] 0',
      'mmio 8000000000-8004000000 vfio BAR 2 [FlatView #2: memory] 0',
      'persistent fffffffffffff000-10000000000000000 nvdimm @0000000000001000 [FlatView #2: memory] 0',
    ],
  },
  {
    id: 'qemu.info-registers',
    name: 'x86 and its control registers',
    text: `(qemu) info registers
CPU#0
RAX=0000000000000000 RBX=0000000000000001 RCX=0000000000000002 RDX=0000000000000003
CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]
CR0=80010033 CR2=0000000000000000 CR3=0000000007c01000 CR4=00000668
EFER=0000000000000d00
`,
    says: ['RAX=0', 'RBX=1', 'RCX=2', 'RDX=3', 'CR0=80010033', 'CR2=0', 'CR3=7c01000', 'CR4=668', 'EFER=d00'],
  },
  {
    id: 'gdb.info-registers',
    name: 'control registers with their bits by name',
    text: `cr0            0x80010033          [ PG WP NE ET MP PE ]
cr3            0x7c01000           [ PDBR=31745 PCID=0 ]
VTTBR_EL2      0x2000042f78000     562951076937728
VTCR_EL2       0x80243558          2149856600
`,
    says: ['CR0=80010033', 'CR3=7c01000', 'VTTBR_EL2=2000042f78000', 'VTCR_EL2=80243558'],
  },
  {
    id: 'registers.pairs',
    name: 'names with =, with :, with blanks, several on a line',
    text: `TTBR0_EL1 = 0x40080000
MAIR_EL1: 0x4fffbb440c080400
VTCR_EL2 80243558
cr3=0x1000, cr4=0x20, efer=0xd00
`,
    says: [
      'TTBR0_EL1=40080000',
      'MAIR_EL1=4fffbb440c080400',
      'VTCR_EL2=80243558',
      'CR3=1000',
      'CR4=20',
      'EFER=d00',
    ],
  },
  {
    id: 'registers.json',
    name: 'an object per CPU',
    text: '{"cpus": [{"CR3": "0x1000"}, {"CR3": "0x2000"}],\n "msr": {"0x277": "0x0007040600070406"}}\n',
    says: ['PAT=7040600070406', 'CR3=1000', 'PAT=7040600070406', 'CR3=2000'],
  },
  {
    id: 'bochs.registers',
    name: 'creg and r',
    text: `<bochs> r
rax: 00000000_00010000
r8 : 00000000_00002a40
<bochs> creg
CPL=0
CR0=0x80010033: PG cd nw ac WP NE ET ts em MP PE
CR2=page fault laddr=0x0000000000001000
CR3=0x000000010000
    PCD=page-level cache disable=0
    PWT=page-level write-through=0
EFER=0x00000d00: ffxsr NXE LMA LME sce
`,
    says: ['RAX=10000', 'R8=2a40', 'CR0=80010033', 'CR2=1000', 'CR3=10000', 'EFER=d00'],
  },
  {
    id: 'x86.rdmsr',
    name: 'with the number, after the command, for all CPUs',
    text: `MSR 0x277 = 0x0407050600070106
# rdmsr 0x2ff
c06
# rdmsr -a 0xc0000080
d01
d01
$ rdmsr 631
7040600070406
`,
    says: ['PAT=407050600070106', 'MTRR_DEF_TYPE=c06', 'EFER=d01', 'EFER=d01', 'PAT=7040600070406'],
  },
  {
    id: 'linux.cpuinfo',
    name: 'address sizes',
    text: `processor	: 0
vendor_id	: GenuineIntel
address sizes	: 46 bits physical, 48 bits virtual
power management:
`,
    says: ['vendor: GenuineIntel', 'MAXPHYADDR: 2e', 'linear address bits: 30'],
  },
  {
    id: 'crash.vtop',
    name: 'arm64, three levels: places are virtual',
    text: `crash_arm64_v9.0.1> vtop ffffffed00601000
VIRTUAL           PHYSICAL
ffffffed00601000  83401000

PAGE DIRECTORY: ffffffecffd62000
   PGD: ffffffecffd62da0 => 10000000833fb003
   PMD: ffffff80033fb018 => 10000000833fe003
   PTE: ffffff80033fe008 => 68000083401f03
  PAGE: 83401000

     PTE        PHYSICAL  FLAGS
68000083401f03  83401000  (VALID|SHARED|AF|NG|PXN|UXN)

      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS
fffffffec00d0040 83401000                0        0  1 4000 reserved
`,
    says: [
      'root: ffffffecffd62000 (doubtful)',
      'PGD/1, 10000000833fb003, at va:ffffffecffd62da0, of ffffffed00601000, arm64.stage1 4K',
      'PMD/2, 10000000833fe003, at va:ffffff80033fb018, of ffffffed00601000, arm64.stage1 4K',
      'PTE/3, 68000083401f03, at va:ffffff80033fe008, of ffffffed00601000, to 83401000, arm64.stage1 4K',
    ],
  },
  {
    id: 'crash.vtop',
    name: 'x86-64: the top entry stands in PAGE DIRECTORY',
    text: `crash> vtop ffffc9000043d408
VIRTUAL           PHYSICAL        
ffffc9000043d408  5e6e408         

PGD DIRECTORY: ffffffff82a10000
PAGE DIRECTORY: 4800067
   PUD: 4800000 => 49b0067
   PMD: 49b0010 => 80000000012000e3
  PAGE: 1200000  (2MB)

      PTE         PHYSICAL  FLAGS
80000000012000e3  1200000  (PRESENT|RW|ACCESSED|DIRTY|PSE|NX)
`,
    says: [
      'root: ffffffff82a10000 (doubtful)',
      'PGD/4, 4800067, of ffffc9000043d408, x86.pte 4l',
      'PUD/3, 49b0067, at pa:4800000, of ffffc9000043d408, x86.pte 4l',
      'PMD/2, 80000000012000e3, at pa:49b0010, of ffffc9000043d408, to 1200000, x86.pte 4l',
    ],
  },
  {
    id: 'crash.vtop',
    name: '32-bit Arm with LPAE, and a page swapped out',
    text: `VIRTUAL   PHYSICAL
bef2f97c  7ef2f97c
PAGE DIRECTORY: cc7c1e00
  PGD: 8c7c1e10 => 8e27d003
  PTE: fa2e9978 => e00000f9d7ef5f
 PAGE: f9d7e000
     PTE        PHYSICAL  FLAGS
e00000f9d7ef5f  f9d7e000  (PRESENT|DIRTY|YOUNG|WRITE)
VIRTUAL     PHYSICAL
12c00100    (not mapped)

PAGE DIRECTORY: ffffff8160232000
   PGD: ffffff8160232000 => 8000001a0233003
   PMD: ffffff81602334b0 => 8000001a0234003
   PTE: ffffff8160234000 => 112a1700

  PTE                     SWAP                  OFFSET
112a1700  /dev/block/zram0  1124887
`,
    says: [
      'root: cc7c1e00 (doubtful)',
      'PGD/?, 8e27d003, at pa:8c7c1e10, of bef2f97c',
      'PTE/?, e00000f9d7ef5f, at pa:fa2e9978, of bef2f97c, to f9d7e000',
      'va 12c00100 -> (not mapped)',
      'root: ffffff8160232000 (doubtful)',
      'PGD/1, 8000001a0233003, at va:ffffff8160232000, of 12c00100, arm64.stage1 4K',
      'PMD/2, 8000001a0234003, at va:ffffff81602334b0, of 12c00100, arm64.stage1 4K',
      'PTE/3, 112a1700, at va:ffffff8160234000, of 12c00100, arm64.stage1 4K',
    ],
  },
  {
    id: 'crash.rd',
    name: 'two blanks after the colon',
    text: `crash> rd ffffffff81800040 4
ffffffff81800040:  65706f6c65766564 2d782d2d6d6f632e   developer.com--x-
ffffffff81800050:  0000000002a15067 0000000000000000   gP..............
`,
    says: [
      'word, 65706f6c65766564, at :ffffffff81800040',
      'word, 2d782d2d6d6f632e, at :ffffffff81800048',
      'word, 2a15067, at :ffffffff81800050',
      'word, 0, at :ffffffff81800058',
    ],
  },
  {
    id: 'uboot.md',
    name: 'md.q: values in host order',
    text: `=> md.q 40000000 4
40000000: 00001000edfe0dd0 441a000040000000  ...........@...D
40000010: 0000000047ff0003 0000000047fe0003  ...G.......G....
`,
    says: [
      'word, 1000edfe0dd0, at :40000000',
      'word, 441a000040000000, at :40000008',
      'word, 47ff0003, at :40000010',
      'word, 47fe0003, at :40000018',
    ],
  },
  {
    id: 'uboot.md',
    name: 'md and md.b',
    text: `=> md 47ff0000 4
47ff0000: 47fe0003 00000000 00000701 00600000    ...G..........\`.
=> md.b 47ff0000 8
47ff0000: 03 00 fe 47 00 00 00 00    ...G....
`,
    says: [
      'word, 47fe0003, at :47ff0000',
      'word, 60000000000701, at :47ff0008',
      'word, 47fe0003, at :47ff0000',
    ],
  },
  {
    id: 'xxd',
    name: 'bytes in order',
    text: `00000000: 6750 a102 0000 0000 6310 0007 0000 0080  gP......c.......
00000010: 6865 6c6c 6f20 776f 726c 6420 5054 4500  hello world PTE.
`,
    says: [
      'word, 2a15067, at :0',
      'word, 8000000007001063, at :8',
      'word, 6f77206f6c6c6568, at :10',
      'word, 45545020646c72, at :18',
    ],
  },
  {
    id: 'xxd',
    name: '-g8 -e: words, as the ASCII column shows',
    text: `00000000: 6f77206f6c6c6568 0045545020646c72  hello world PTE.
00000010: 0000000002a15067 8000000007001063  gP......c.......
`,
    says: [
      'word, 6f77206f6c6c6568, at :0',
      'word, 45545020646c72, at :8',
      'word, 2a15067, at :10',
      'word, 8000000007001063, at :18',
    ],
  },
  {
    id: 'xxd',
    name: '-g8, dots only: bytes in order, as the zeros stand where high bytes are',
    text: `00000000: 0300a18001000000 0300a28001000080  ................
00000010: 0310a38001000080 0000000000000000  ................
`,
    says: [
      'word, 180a10003, at :0',
      'word, 8000000180a20003, at :8',
      'word, 8000000180a31003, at :10',
      'word, 0, at :18',
    ],
  },
  {
    id: 'xxd',
    name: '-g8 -e, dots only: words, as the zeros stand in front',
    text: `00000000: 0000000180a10003 8000000180a20003  ................
00000010: 8000000180a31003 0000000000000000  ................
`,
    says: [
      'word, 180a10003, at :0',
      'word, 8000000180a20003, at :8',
      'word, 8000000180a31003, at :10',
      'word, 0, at :18',
    ],
  },
  {
    id: 'xxd',
    name: '-g1 and a short last row',
    text: `00000000: 67 50 a1 02 00 00 00 00 63 10 00 07 00 00 00 80  gP......c.......
00000010: 03 30 00 00 00 00 00 00 01                       .0.......
`,
    says: ['word, 2a15067, at :0', 'word, 8000000007001063, at :8', 'word, 3003, at :10'],
  },
  {
    id: 'hexdump.canonical',
    name: 'a star repeats the row above',
    text: `00000000  67 50 a1 02 00 00 00 00  63 10 00 07 00 00 00 80  |gP......c.......|
00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000030  03 30 00 00 00 00 00 00                           |.0......|
00000038
`,
    says: [
      'word, 2a15067, at :0',
      'word, 8000000007001063, at :8',
      'word, 0, at :10',
      'word, 0, at :18',
      'word, 0, at :20',
      'word, 0, at :28',
      'word, 3003, at :30',
    ],
  },
  {
    id: 'od',
    name: '-A x -t x8z',
    text: `000000 0000000002a15067 8000000007001063  >gP......c.......<
000010 0000000000003003 0000000000000000  >.0..............<
000020
`,
    says: ['word, 2a15067, at :0', 'word, 8000000007001063, at :8', 'word, 3003, at :10', 'word, 0, at :18'],
  },
  {
    id: 'od',
    name: 'octal offsets of od -t x8',
    text: `0000000 0000000002a15067 8000000007001063
0000020 0000000000003003 0000000000000000
0000040
`,
    says: ['word, 2a15067, at :0', 'word, 8000000007001063, at :8', 'word, 3003, at :10', 'word, 0, at :18'],
  },
  {
    id: 'od',
    name: 'hexdump without -C: 16-bit units',
    text: `0000000 5067 02a1 0000 0000 1063 0700 0000 8000
0000010 3003 0000 0000 0000 0000 0000 0000 0000
0000020
`,
    says: ['word, 2a15067, at :0', 'word, 8000000007001063, at :8', 'word, 3003, at :10', 'word, 0, at :18'],
  },
  {
    id: 'words',
    name: 'one per line, comma separated, of 32 bits',
    text: '0x0000000007c02023\n0000000007c03003, 0x80000000002000e3;\n02a15067\n',
    says: ['word, 7c02023', 'word, 7c03003', 'word, 80000000002000e3', 'word, 2a15067, 32-bit'],
  },
  {
    id: 'words',
    name: 'a C array',
    text: `static const uint64_t pte[3] = {
\t[0] = 0x0060000042000701ULL, // first
\t0x0060000042200701,
};
`,
    says: ['word, 60000042000701', 'word, 60000042200701'],
  },
  {
    id: 'words',
    name: 'xxd -i',
    text: `unsigned char page_bin[] = {
  0x67, 0x50, 0xa1, 0x02, 0x00, 0x00, 0x00, 0x00, 0x63, 0x10, 0x00, 0x07,
  0x00, 0x00, 0x00, 0x80
};
unsigned int page_bin_len = 16;
`,
    says: ['word, 2a15067, at :0', 'word, 8000000007001063, at :8'],
  },
  {
    id: 'words',
    name: 'with an offset in front',
    text: '0a0: 0000000000000000 00000000079d8000\n0b0: 0000000000000000 0000000000000000\n',
    says: ['word, 0, at :a0', 'word, 79d8000, at :a8', 'word, 0, at :b0', 'word, 0, at :b8'],
  },
  {
    id: 'uboot.bdinfo',
    name: 'the root and the banks',
    text: `=> bdinfo
boot_params = 0x0000000000000000
DRAM bank   = 0x0000000000000000
-> start    = 0x0000000040000000
-> size     = 0x0000000010000000
flashstart  = 0x0000000000000000
TLB addr    = 0x000000004fff0000
relocaddr   = 0x000000004ff40000
`,
    says: [
      'ram 40000000-50000000 DRAM bank 0 [U-Boot bdinfo] 0',
      'root: 4fff0000',
      'arch: arm64',
      'owner: u-boot',
    ],
  },
  {
    id: 'uboot.dump-pagetable',
    name: 'with and without the column of permissions',
    text: `Walking pagetable at 000000017df90000, va_bits: 36. Using 3 levels
[0x0000017df91000]                   |  Table |               |
  [0x0000017df92000]                   |  Table |               |
    [0x00000000001000 - 0x00000000200000] |  Pages | PXN UXN    | Device-nGnRnE | Non-shareable   
  [0x00000000200000 - 0x00000040000000]   |  Block | PXN UXN RO | Device-nGnRnE | Non-shareable   
[0x00000040000000 - 0x00000080000000]     |  Block | RWX        | Normal        | Inner-shareable 
[0x00000080000000 - 0x00000140000000]     |  Block | Normal        | Inner-shareable
`,
    says: [
      'root: 17df90000',
      'va bits: 24',
      'levels: 3',
      'va 1000-200000, to 1000, Pages/3, -executePrivileged -executeUser shareability=non type=Device-nGnRnE +valid +write',
      'va 200000-40000000, to 200000, Block/2, -executePrivileged -executeUser shareability=non type=Device-nGnRnE +valid -write',
      'va 40000000-80000000, to 40000000, Block/1, +executePrivileged +executeUser shareability=inner type=Normal +valid +write',
      'va 80000000-140000000, to 80000000, Block/1, shareability=inner type=Normal +valid',
    ],
  },
  {
    id: 'tfa.xlat',
    name: 'EL3, then EL1&0',
    text: `VERBOSE: Translation tables state:
VERBOSE:   Xlat regime:     EL3
VERBOSE:   Max allowed PA:  0xffffffffff
VERBOSE:   Initial lookup level: 1
VERBOSE:   Used 3 sub-tables out of 5 (spare: 2)
  [LV1] VA:0x0 size:0x40000000
    [LV2] VA:0x0 PA:0x0 size:0x200000 DEV-RW-XN-S
    [LV2] VA:0x200000 size:0x200000
    [LV2] (511 invalid descriptors omitted)
      [LV3] VA:0x4001000 PA:0x4001000 size:0x1000 MEM-RO-EXEC-RT-GP
VERBOSE:   Xlat regime:     EL1&0
  [LV1] VA:0x40000000 PA:0x40000000 size:0x40000000 NC-RW-XN-USER-NS
`,
    says: [
      'regime: EL3',
      'start level: 1',
      'va 0-200000, to 0, LV2/2, -execute -guarded security=S type=Device +valid +write',
      'va 4001000-4002000, to 4001000, LV3/3, +execute +guarded security=RT type=Normal +valid -write',
      'regime: EL1&0',
      'va 40000000-80000000, to 40000000, LV1/1, -execute -guarded security=NS type=Normal-NC +user +valid +write',
    ],
  },
  {
    id: 'xen.x86-walk',
    name: 'four levels, and a large page',
    text: `(XEN) Pagetable walk from ffff82d080400000:
(XEN)  L4[0x105] = 00000000bf2a1063 ffffffffffffffff
(XEN)  L3[0x142] = 00000000bf29e063 ffffffffffffffff
(XEN)  L2[0x002] = 80000000bf0001e3 ffffffffffffffff (PSE)
`,
    says: [
      'L4/4, bf2a1063, of ffff82d080400000, x86.pte 4l',
      'L3/3, bf29e063, of ffff82d080400000, x86.pte 4l',
      'L2/2, 80000000bf0001e3, of ffff82d080400000, x86.pte 4l',
    ],
  },
  {
    id: 'xen.arm-walk',
    name: 'the hypervisor, then a guest',
    text: `(XEN) Walking Hypervisor VA 0xa00003ce000 on CPU0 via TTBR 0x000000004352d000
(XEN) 0TH[0x014] = 0x4352cf7f
(XEN) 3RD[0x1ce] = 0x400000433cef7f
(XEN) dom1 IPA 0x0000000038000000
(XEN) P2M @ 0000000806a3c000 mfn:0x806a3c
(XEN) Using concatenated root table 0
(XEN) 1ST[0x000] = 0x0
`,
    says: [
      'TTBR0_EL2=4352d000',
      'owner: xen',
      '0TH/0, 4352cf7f, of a00003ce000, arm64.stage1 4K EL2',
      '3RD/3, 400000433cef7f, of a00003ce000, arm64.stage1 4K EL2',
      'owner: xen',
      'root: 806a3c000',
      '1ST/1, 0, of 38000000, arm64.stage2 4K',
    ],
  },
  {
    id: 'zephyr.walk',
    name: 'an entry with its place',
    text: 'L1[002] @ 0x80031010 = 0x0000000080032003\n',
    says: ['L1/1, 80032003, at pa:80031010, arm64.stage1'],
  },
  {
    id: 'windbg.pte',
    name: 'four columns; the flags agree',
    text: `kd> !pte fffff8a001cc2060
                                           VA fffff8a001cc2060
PXE at FFFFF6FB7DBEDF88    PPE at FFFFF6FB7DBF1400    PDE at FFFFF6FB7E280070    PTE at FFFFF6FC5000E610
contains 000000007AC84863  contains 00000000030D4863  contains 0000000073147863  contains E6500000716FD963
pfn 7ac84     ---DA--KWEV  pfn 30d4      ---DA--KWEV  pfn 73147     ---DA--KWEV  pfn 716fd     -G-DA--KW-V
`,
    says: [
      'owner: windows',
      'PXE/4, 7ac84863, at va:fffff6fb7dbedf88, of fffff8a001cc2060, x86.pte 4l',
      'PPE/3, 30d4863, at va:fffff6fb7dbf1400, of fffff8a001cc2060, x86.pte 4l',
      'PDE/2, 73147863, at va:fffff6fb7e280070, of fffff8a001cc2060, x86.pte 4l',
      'PTE/1, e6500000716fd963, at va:fffff6fc5000e610, of fffff8a001cc2060, x86.pte 4l',
    ],
  },
  {
    id: 'windbg.pte',
    name: 'backticks, not valid; 32-bit; Windows on Arm',
    text: `                        VA ffffda02\`73eea040
PXE at FFFFF6FB\`7DBEDDA0  PPE at FFFFF6FB\`7DBB4050  PDE at FFFFF6FB\`76809CF8  PTE at FFFFF6ED\`0139F750
contains 0A000000\`01234863  contains 0A000000\`01235863  contains 0A000000\`01236863  contains 00000000\`00000000
pfn 1234 ---DA--KWEV  pfn 1235 ---DA--KWEV  pfn 1236 ---DA--KWEV  not valid
               VA 80001000
PDE at   C0602000        PTE at C0400008
contains 3F80D067  contains 02a15963
pfn 3f80d ---DA--UWEV  pfn 2a15 -G-DA--KWEV
                                           VA fffff7f3c0007000
PXE at FFFFF67B3D9ECF78    PPE at FFFFF67B3D9EFE78    PDE at FFFFF67B3DFCF000    PTE at FFFFF67BF9E00038
contains 0060000084600F03  contains 00E0000084603F03  contains 00E0000084604F03  contains 00E0000080009F03
pfn 84600      -R--ADK--V  pfn 84603      -W--ADK--V  pfn 84604      -W--ADK--V  pfn 80009      -W--ADK--V
`,
    says: [
      'owner: windows',
      'PXE/4, a00000001234863, at va:fffff6fb7dbedda0, of ffffda0273eea040, x86.pte 4l',
      'PPE/3, a00000001235863, at va:fffff6fb7dbb4050, of ffffda0273eea040, x86.pte 4l',
      'PDE/2, a00000001236863, at va:fffff6fb76809cf8, of ffffda0273eea040, x86.pte 4l',
      'PTE/1, 0, at va:fffff6ed0139f750, of ffffda0273eea040, x86.pte 4l',
      'PDE/2, 3f80d067, 32-bit, at va:c0602000, of 80001000, x86.pte 32',
      'PTE/1, 2a15963, 32-bit, at va:c0400008, of 80001000, x86.pte 32',
      'PXE/0, 60000084600f03, at va:fffff67b3d9ecf78, of fffff7f3c0007000, arm64.stage1 4K',
      'PPE/1, e0000084603f03, at va:fffff67b3d9efe78, of fffff7f3c0007000, arm64.stage1 4K',
      'PDE/2, e0000084604f03, at va:fffff67b3dfcf000, of fffff7f3c0007000, arm64.stage1 4K',
      'PTE/3, e0000080009f03, at va:fffff67bf9e00038, of fffff7f3c0007000, arm64.stage1 4K',
    ],
  },
  {
    id: 'hyperdbg.pte',
    name: 'a large page',
    text: `HyperDbg> !pte fffff8003abc9370
VA fffff8003abc9370
PML4E (PXE) at ffff83c1e0f07f80\tcontains 0000000004108063
PDPTE (PPE) at ffff83c1e0ff0000\tcontains 0000000004109063
PDE at ffff83c1fe000ea8\tcontains 00000000026008e3
PDE is a large page, so it doesn't have a PTE
`,
    says: [
      'PML4E/4, 4108063, at va:ffff83c1e0f07f80, of fffff8003abc9370, x86.pte 4l',
      'PDPTE/3, 4109063, at va:ffff83c1e0ff0000, of fffff8003abc9370, x86.pte 4l',
      'PDE/2, 26008e3, at va:ffff83c1fe000ea8, of fffff8003abc9370, x86.pte 4l',
    ],
  },
  {
    id: 'bochs.page',
    name: 'guest and EPT entries',
    text: `<bochs> page 0x3000
 PML4: 0x0000000000010000 : 0x0000000000100027    ps         A pcd pwt U W P
EPT  PTE: 0x00000000079f3080 : 0x06000000029c0b77    X W R IGNORE_PAT WB
EPT  PDE: 0x00000000079f4000 : 0x00000000079f3907    x w R
  PTE: 0x0000000000103018 : 0x800000000000302d XD    g pat d A pcd PWT S W P
linear page 0x0000000000003000 maps to physical page 0x000000003000
<bochs:3> page 0x4000
physical address not available for linear 0x0000000000004000
`,
    says: [
      'PML4/4, 100027, at pa:10000, of 3000, x86.pte 4l',
      'PTE/1, 6000000029c0b77, at pa:79f3080, of 3000, x86.ept',
      'PDE/2, 79f3907, at pa:79f4000, of 3000, x86.ept',
      'PTE/1, 800000000000302d, at pa:103018, of 3000, to 3000, x86.pte 4l',
      'va 3000 -> pa 3000',
      'va 4000 -> physical address not available',
    ],
  },
  {
    id: 'bochs.info-tab',
    name: 'inclusive ends',
    text: `<bochs> info tab
cr3: 0x000006148004
0x0000000000408000-0x000000000040afff -> 0x000004411000-0x000004413fff
`,
    says: ['CR3=6148004', 'va 408000-40b000, to 4411000, '],
  },
  {
    id: 'bochs.trace-mem',
    name: 'page-walk reads and accesses',
    text: `[CPU0 RD]: PHY 0x0000079f3080 (len=8, WB): 0x06000000 0x029C0B77\t; EPT PTE
[CPU0 RD]: PHY 0x0000029c0000 (len=8, WB): 0x00000000 0x00100027\t; PML4E
[CPU0 WR]: LIN 0x000000000000ffe8 PHY 0x0000029c1fe8 (len=8, UC): 0x00000000 0x00001016
[CPU0 RD]: PHY 0x0000079bd000 (len=4, WB): 0x0000002B\t; VMCS
`,
    says: [
      'EPT PTE/1, 6000000029c0b77, at pa:79f3080, x86.ept',
      'PML4E/4, 100027, at pa:29c0000, x86.pte',
      'va ffe8 -> pa 29c1fe8 UC',
    ],
  },
  {
    id: 'chipsec.log',
    name: 'a walk of EPT',
    text: `[paging] Reading EPT page tables at 0x000000001234501E...
  EPTP  : 0000012345000
    PML4E : 0000012346000
        PDE   : 0000000200000 - 2MB PAGE  XWR UC              1:1 mapping
          PTE   : 0000012345000 - 4KB PAGE  X-R WB            ${' '.repeat(8)}GPA: 0000000001000
    0x0000012345000  pml4
`,
    says: [
      'root: 12345000',
      'gpa 200000-400000, to 200000, PDE/2, +execute +read type=UC +valid +write',
      'gpa 1000-2000, to 12345000, PTE/1, +execute +read type=WB +valid -write',
    ],
  },
  {
    id: 'chipsec.dict',
    name: 'three dictionaries',
    text: `{}
{4096: {'addr': 305418240, 'size': '4KB', 'attr': 'XWR WB'}, 2097152L: {'attr': '--R UC', 'size': '2MB', 'addr': 2097152L}}
{305397760: 'pml4', 305401856: 'pdpt'}
`,
    says: [
      'gpa 1000-2000, to 12345000, under translation, +execute +read type=WB +valid +write',
      'gpa 200000-400000, to 200000, under translation, -execute +read type=UC +valid -write',
      'root: 12340000',
    ],
  },
  {
    id: 'addrxlat.walk',
    name: 'reached, not present, two levels',
    text: `4016fc: L4@487c000=7278067 L3@7278000=70fd067 L2@70fd010=7279067 L1@7279008=3309025 -> 33096fc
4000: L4@79d8000=79d7827 L3@79d7000=79d6827 L2@79d6000=79d5827 L1@79d5020=0 -> Page not present: pte[4] = 0x0
805c5b0: L2@1cf6080=1cfc067 L1@1cfc170=8f1f025 -> 8f1f5b0
`,
    says: [
      'L4/4, 7278067, at pa:487c000, of 4016fc, x86.pte 4l',
      'L3/3, 70fd067, at pa:7278000, of 4016fc, x86.pte 4l',
      'L2/2, 7279067, at pa:70fd010, of 4016fc, x86.pte 4l',
      'L1/1, 3309025, at pa:7279008, of 4016fc, to 33096fc, x86.pte 4l',
      'va 4016fc -> pa 33096fc',
      'L4/4, 79d7827, at pa:79d8000, of 4000, x86.pte 4l',
      'L3/3, 79d6827, at pa:79d7000, of 4000, x86.pte 4l',
      'L2/2, 79d5827, at pa:79d6000, of 4000, x86.pte 4l',
      'L1/1, 0, at pa:79d5020, of 4000, x86.pte 4l',
      'va 4000 -> Page not present: pte[4] = 0x0',
      'L2/2, 1cfc067, 32-bit, at pa:1cf6080, of 805c5b0, x86.pte 32',
      'L1/1, 8f1f025, 32-bit, at pa:1cfc170, of 805c5b0, to 8f1f5b0, x86.pte 32',
      'va 805c5b0 -> pa 8f1f5b0',
    ],
  },
  {
    id: 'kvm.ftrace',
    name: 'entries as KVM set them',
    text: `            kvmt-105     [000] ...1.     1.067488: kvm_tdp_mmu_spte_changed: as id 0 gfn 3 level 1 old_spte 0 new_spte 6000000029d0b77
            kvmt-105     [000] ...1.     1.067489: kvm_mmu_set_spte: gfn 3 spte 6000000029d0b77 (rwxu) level 1 at 79f3018
`,
    says: ['1/1, 6000000029d0b77, of 3000, x86.ept', '1/1, 6000000029d0b77, at pa:79f3018, of 3000, x86.ept'],
  },
  {
    id: 'linux.proc-mtrr',
    name: 'K and M, both orders of the columns',
    text: `reg00: base=0x080000000 ( 2048MB), size= 2048MB, count=1: uncachable
reg01: base=0x007000000 (  112MB), size=  256KB, count=1: write-through
reg02: base=0x000000000 (    0MB), size= 512MB: write-back, count=1
`,
    says: [
      'mtrr-variable 0 80000000-100000000 UC',
      'mtrr-variable 1 7000000-7040000 WT',
      'mtrr-variable 2 0-20000000 WB',
    ],
  },
  {
    id: 'linux.mtrr-dmesg',
    name: 'default, fixed, variable',
    text: `[    0.000000] MTRR default type: write-back
[    0.000000] MTRR fixed ranges enabled:
[    0.000000]   00000-9FFFF write-back
[    0.000000]   A0000-BFFFF uncachable
[    0.000000] MTRR variable ranges enabled:
[    0.000000]   0 base 0080000000 mask 7F80000000 uncachable
[    0.000000]   1 base 00C0000000 mask 7FFFE00000 write-combining
[    0.000000]   2 disabled
`,
    says: [
      'mtrr-default  ?-? WB',
      'mtrr-fixed  0-a0000 WB',
      'mtrr-fixed  a0000-c0000 UC',
      'mtrr-variable 0 80000000-100000000 UC',
      'mtrr-variable 1 c0000000-c0200000 WC',
      'mtrr-variable 2 disabled',
    ],
  },
  {
    id: 'linux.pat-memtype-list',
    name: 'new and old rows',
    text: `PAT memtype list:
PAT: [mem 0x00000000fed00000-0x00000000fed01000] uncached-minus
PAT: [mem 0x0000000001000000-0x0000000001001000] write-protected
write-combining @ 0xd0000000-0xd1000000
uncached @ 0xfee00000-0xfee01000
`,
    says: [
      'pat-list  fed00000-fed01000 UC-',
      'pat-list  1000000-1001000 WP',
      'pat-list  d0000000-d1000000 WC',
      'pat-list  fee00000-fee01000 UC',
    ],
  },
  {
    id: 'linux.pat-dmesg',
    name: 'configuration and conflicts',
    text: `x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WP  UC- WT  
x86/PAT: app:2512 map pfn RAM range req uncached-minus for [mem 0x481488000-0x481488fff], got write-back
x86/PAT: fsdax:5018 conflicting memory types 1850600000-1850601000  uncached-minus<->write-back
x86 PAT enabled: cpu 0, old 0x7040600070406, new 0x7010600070106
`,
    says: [
      'PAT=407050600070106',
      'pat-conflict  481488000-481489000 UC-=>WB',
      'pat-conflict  1850600000-1850601000 UC-=>WB',
      'PAT=7010600070106',
    ],
  },
  {
    id: 'x86.e820',
    name: 'new rows are inclusive, old ones exclusive',
    text: `BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
BIOS-e820: [mem 0x00000000bf680000-0x00000000bf697fff] ACPI data
 BIOS-e820: 0000000000100000 - 00000000bf680000 (usable)
 BIOS-e820: 00000000fee00000 - 00000000fee01000 (reserved)
`,
    says: [
      'ram 0-9fc00 usable [BIOS-e820] 0',
      'acpi bf680000-bf698000 ACPI data [BIOS-e820] 0',
      'ram 100000-bf680000 usable [BIOS-e820] 0',
      'reserved fee00000-fee01000 reserved [BIOS-e820] 0',
    ],
  },
  {
    id: 'linux.iomem',
    name: 'nested',
    text: `09000000-09000fff : pl011@9000000
  09000000-09000fff : 9000000.pl011 pl011@9000000
40000000-5fffffff : System RAM
  40210000-4185ffff : Kernel code
  41860000-41eaffff : reserved
8000000000-ffffffffff : pcie@10000000
1840000000-d53fffffff : Persistent Memory
`,
    says: [
      'mmio 9000000-9001000 pl011@9000000 [/proc/iomem] 0',
      'mmio 9000000-9001000 9000000.pl011 pl011@9000000 [/proc/iomem] 1',
      'ram 40000000-60000000 System RAM [/proc/iomem] 0',
      'ram 40210000-41860000 Kernel code [/proc/iomem] 1',
      'reserved 41860000-41eb0000 reserved [/proc/iomem] 1',
      'mmio 8000000000-10000000000 pcie@10000000 [/proc/iomem] 0',
      'persistent 1840000000-d540000000 Persistent Memory [/proc/iomem] 0',
    ],
  },
  {
    id: 'uboot.abort',
    name: 'a data abort, and a vendor’s report',
    text: `"Synchronous Abort" handler, esr 0x96000010, far 0x2a480000
elr: 0000000000073df8 lr : 0000000000073e28 (reloc)
elr: 000000003ff7cdf8 lr : 000000003ff7ce28
x0 : 000000002a480000 x1 : 0000000000000000
Code: d503201f f9400000 (b9400001)
"Synchronous Abort" handler, esr 0x96000046

* Reason:        Exception from a Data abort, from current exception level
* PC         =   00000000eff5bd00
* ESR_EL2    =   0000000096000046
* FAR_EL2    =   0000000000000008
`,
    says: [
      'ESR_EL2=96000010',
      'FAR_EL2=2a480000',
      'arm64 fault 2a480000 code 96000010 at EL2',
      'ESR_EL2=96000046',
      'ESR_EL2=96000046',
      'FAR_EL2=8',
      'arm64 fault 8 code 96000046 at EL2',
    ],
  },
  {
    id: 'tfa.crash',
    name: 'an exception in EL3 with the registers of EL3 and EL1',
    text: `Unhandled Exception in EL3.
x30            = 0x000000000e0069ec
x0             = 0x0000000000000000
scr_el3        = 0x0000000000000738
sctlr_el3      = 0x0000000030cd183f
tcr_el3        = 0x0000000080803520
mair_el3       = 0x00000000004404ff
ttbr0_el3      = 0x000000000e0a1000
esr_el3        = 0x0000000096000046
far_el3        = 0x0000000000001000
esr_el1        = 0x0000000000000000
`,
    says: [
      'SCR_EL3=738',
      'SCTLR_EL3=30cd183f',
      'TCR_EL3=80803520',
      'MAIR_EL3=4404ff',
      'TTBR0_EL3=e0a1000',
      'ESR_EL3=96000046',
      'FAR_EL3=1000',
      'ESR_EL1=0',
      'arm64 fault 1000 code 96000046 at EL3',
    ],
  },
  {
    id: 'optee.xlat',
    name: 'pages and holes',
    text: `D/TC:0       [LVL2] VA:0x0002000000 TBL:0x0002204000
D/TC:0          [LVL3] VA:0x00020ff000 INVALID
D/TC:0          [LVL3] VA:0x0002101000 PA:0x0002101000 MEM-RO-X -S
D/TC:0          [LVL3] VA:0x0002102000 PA:0x0002102000 DEV-RW-XN-NS
`,
    says: [
      'va 20ff000-2100000, LVL3/3, hole',
      'va 2101000-2102000, to 2101000, LVL3/3, +execute security=S type=Normal +valid -write',
      'va 2102000-2103000, to 2102000, LVL3/3, -execute security=NS type=Device +valid +write',
    ],
  },
  {
    id: 'optee.abort',
    name: 'a trusted application reads at 0x10',
    text: `E/TC:? 0 
E/TC:? 0 User mode data-abort at address 0x10 (translation fault)
E/TC:? 0  esr 0x92000045  ttbr0 0x200001018f000   ttbr1 0x00000000   cidr 0x0
E/TC:? 0  cpu #0          cpsr 0x20000100
E/TC:? 0  x0  0000000000000010 x1  0000000000000000
`,
    says: [
      'FAR_EL1=10',
      'ESR_EL1=92000045',
      'TTBR0_EL1=200001018f000',
      'TTBR1_EL1=0',
      'arm64 fault 10 code 92000045 at EL1',
    ],
  },
  {
    id: 'kvm.hyp-panic',
    name: 'EL2 fetches what is not mapped',
    text: `Kernel panic - not syncing: HYP panic:
PS:a00003c9 PC:0000ca0b42049fc4 ESR:86000006
FAR:0000ca0b42049fc4 HPFAR:0000000010001000 PAR:0000000000000000
VCPU:0000000000000000
`,
    says: [
      'ESR_EL2=86000006',
      'FAR_EL2=ca0b42049fc4',
      'HPFAR_EL2=10001000',
      'PAR_EL1=0',
      'arm64 fault ca0b42049fc4 code 86000006 at EL2 hpfar 10001000',
    ],
  },
  {
    id: 'qemu.int',
    name: 'a system call, then an abort taken to EL1',
    text: `Taking exception 2 [SVC] on CPU 0
...from EL0 to EL1
...with ESR 0x15/0x56000000
...with ELR 0x400580
...to EL1 PC 0xffff800010010400 PSTATE 0x3c5
Taking exception 4 [Data Abort] on CPU 0
...from EL1 to EL1
...with ESR 0x25/0x96000004
...with FAR 0xffff00000000
...with ELR 0xffff8000100a1234
...to EL1 PC 0xffff800010010200 PSTATE 0x3c5
`,
    says: ['ESR_EL1=96000004', 'FAR_EL1=ffff00000000', 'arm64 fault ffff00000000 code 96000004 at EL1'],
  },
  {
    id: 'arm64.abort',
    name: 'EDK2, then FreeBSD',
    text: `Synchronous Exception at 0x00000000BF5E1234
  SP 0x00000000478F7F10   ELR 0x000000004B21A4A8  SPSR 0x60000205  FPSR 0x00000000
 ESR 0x96000004          FAR 0x0000000000000028
Fatal data abort:
  x0: 0000000000000000
 spsr:         60000045
 far: 0000000000000028
 esr:         96000004
`,
    says: [
      'ESR_EL2=96000004',
      'FAR_EL2=28',
      'arm64 fault 28 code 96000004 at EL2',
      'FAR_EL1=28',
      'ESR_EL1=96000004',
      'arm64 fault 28 code 96000004 at EL1',
    ],
  },
  {
    id: 'tarmac.walk',
    name: 'a block of stage 1',
    text: `1234 clk cpu0 TTW DTLB LPAE 1:1 000080010000 0000000080011003 : TABLE
1234 clk cpu0 TTW DTLB LPAE 1:2 000080011010 00000000800007e1 : BLOCK ATTRIDX=0 NS=1 AP=3 SH=3 AF=1 nG=0
`,
    says: ['1/1, 80011003, at pa:80010000, arm64.stage1', '2/2, 800007e1, at pa:80011010, arm64.stage1'],
  },
  {
    id: 'zephyr.walk',
    name: 'with the walk of the address',
    text: `E: ELR_ELn: 0x0000000080012345
E: ESR_ELn: 0x000000009200000f
E:   EC:  0x24 (Data Abort from a lower Exception level, that might be using AArch32 or AArch64)
E:   IL:  0x1
E:   ISS: 0xf
E: FAR_ELn: 0x00000000800b3f7c
E: PTE walk for 0x800b3f7c (TTBR0=0x0001000080031000):
E:   L1[002] @ 0x80031010 = 0x0000000080032003
E:   L2[000] @ 0x80032000 = 0x0000000080033003
E:   L3[179] @ 0x80033598 = 0x00600000800b3f53
E:     page AP=ELx RW nG AF
E: TPIDRRO: 0x0100000070052698
E: x0:  0x0000000000000000  x1:  0x0000000000000000
`,
    says: [
      'ESR_EL1=9200000f',
      'FAR_EL1=800b3f7c',
      'FAR_EL1=800b3f7c',
      'TTBR0_EL1=1000080031000',
      'L1/1, 80032003, at pa:80031010, of 800b3f7c, arm64.stage1',
      'L2/2, 80033003, at pa:80032000, of 800b3f7c, arm64.stage1',
      'L3/3, 600000800b3f53, at pa:80033598, of 800b3f7c, arm64.stage1',
      'arm64 fault 800b3f7c code 9200000f at EL1',
    ],
  },
  {
    id: 'arm64.abort',
    name: 'Jailhouse, of a cell',
    text: `Unhandled data read at 0x8010000(4)

FATAL: unhandled trap (exception class 0x24)
Cell state before exception:
 pc: ffffff80080ab8d4   lr: ffffff80080ab8c4 spsr: 60000145     EL1
 sp: ffffffc00000bd40  esr: 24 1 1830007
 x0: ffffff8008010000   x1: 0000000000000004   x2: 0000000000000001
Parking CPU 0 (Cell: "root")
`,
    says: ['HPFAR_EL2=80100', 'ESR_EL2=93830007', 'arm64 fault ? code 93830007 at EL2 hpfar 80100'],
  },
  {
    id: 'arm64.abort',
    name: 'Jailhouse, of itself',
    text: `FATAL: Unhandled HYP exception: synchronous abort from EL2
pc: 0000ffffc020b27c lr: 0000ffffc020bc84 spsr: 800003c9 EL2
sp: 0000ff0000010e30 esr: 25 1 1800005
x0: 0000000000000000 x1: 0000ff0000010eb8 x2: 0000000000018000
x3: 0000ffffc020b260 x4: 0000ffffc020b27c x5: 0000000000000000
`,
    says: ['ESR_EL2=97800005', 'arm64 fault ? code 97800005 at EL2'],
  },
  {
    id: 'arm64.abort',
    name: 'Hafnium, with the page at stage 2',
    text: `Data abort: pc=0x4001234, esr=0x92000046, ec=0x24, far=0x1000, hpfar=0x40001000
`,
    says: [
      'ESR_EL2=92000046',
      'FAR_EL2=1000',
      'HPFAR_EL2=400010',
      'arm64 fault 1000 code 92000046 at EL2 hpfar 400010',
    ],
  },
  {
    id: 'arm64.abort',
    name: 'XNU',
    text: `panic(cpu 4 caller 0xfffffe001439f634): Kernel data abort. at pc 0xfffffe00140bfee0, lr 0x2392fe0014048f9c (saved state: 0xfffffe3aeda0f740)
	  x0:  0xfffffe24e4e15280 x1:  0xfffffe24e4e15280  x2:  0x0000000000000000  x3:  0xfffffe1025c2b4f8
	  x4:  0xfffffe24e4d6ff00 x5:  0x0000000000001410  x6:  0x0000000000000000  x7:  0x0000000000000000
	  x28: 0xfffffe1025c2b4f8 fp:  0xfffffe3aeda0fa90  lr:  0x2392fe0014048f9c  sp:  0xfffffe3aeda0fa90
	  pc:  0xfffffe00140bfee0 cpsr: 0x60401208         esr: 0x96000006          far: 0x0000000000000058
`,
    says: ['ESR_EL1=96000006', 'FAR_EL1=58', 'arm64 fault 58 code 96000006 at EL1'],
  },
  {
    id: 'arm64.abort',
    name: 'XNU, as JSON',
    text: `  "panicString" : "panic(cpu 1 caller 0xfffffff027e53660): Kernel data abort. at pc 0xfffffff0282e8830, lr 0xfffffff0282dbb68 (saved state: 0xffffffe811c63420)\\n\\t  x0: 0xffffffe4cdc7ccb0  x1:  0xffffffe19c2a0628  x2:  0xffffffe811c637fc  x3:  0x0000000041414141\\n\\t  x4: 0x0000000000000000  x5:  0x0000000000000000  x6:  0x0000000000000000  x7:  0x0000000000000000\\n\\t  pc: 0xfffffff0282e8830 cpsr: 0x60400204         esr: 0x96000006          far: 0x0000000041414141\\n\\nDebugger message: panic\\nMemory ID: 0xff\\n",
`,
    says: ['ESR_EL1=96000006', 'FAR_EL1=41414141', 'arm64 fault 41414141 code 96000006 at EL1'],
  },
  {
    id: 'arm64.abort',
    name: 'FreeBSD, with symbols',
    text: `Fatal data abort:
  x0: 0x0000000000000000
  x1: 0xffff0000c4c8e4a8
  sp: 0xffff0000c4c8e4d0
  lr: 0xffff0000001234a0 (foo + 0x40)
 elr: 0xffff0000001234a4 (foo + 0x44)
spsr: 0x0000000060000045
 far: 0xffff0000deadc0de (foo + 0x44)
 esr: 0x0000000096000004
panic: vm_fault failed: 0xffff0000001234a4 error 1
`,
    says: [
      'FAR_EL1=ffff0000deadc0de',
      'ESR_EL1=96000004',
      'arm64 fault ffff0000deadc0de code 96000004 at EL1',
    ],
  },
  {
    id: 'arm64.abort',
    name: 'EDK2',
    text: `Synchronous Exception at 0x00000000BDB1C6A4
PC 0x0000BDB1C6A4 (0x0000BDB1B000+0x000016A4) [ 0] ArmVirtTimerDxe.dll

  X0 0x0000000000000001   X1 0x0000000000000000   X2 0x0000000000000000   X3 0x0000000000000000

  SP 0x00000000BFFFE0E0  ELR 0x00000000BDB1C6A4  SPSR 0x20000305  FPSR 0x00000000
 ESR 0x96000010          FAR 0x000000003F000000

 ESR : EC 0x25  IL 0x1  ISS 0x00000010

Data abort: Synchronous external abort

Stack dump:
  00000BFFFDFE0: 00000000BFFFE0E0 00000000BFFFE0E0 00000000BFFFE0E0 00000000BFFFE0E0
`,
    says: ['ESR_EL2=96000010', 'FAR_EL2=3f000000', 'arm64 fault 3f000000 code 96000010 at EL2'],
  },
  {
    id: 'arm64.abort',
    name: 'coreboot',
    text: `exception _sync_sp_el3
ELR = 0x0000000000100a28         ESR = 0x96000046
FAR = 0x00000000ff770000        SPSR = 0x600003cd
X00 = 0x0000000000000000         X01 = 0x0000000000000000
X30 = 0x0000000000100a00          SP = 0x0000000000120000
Dumping stack:
`,
    says: ['ESR_EL3=96000046', 'FAR_EL3=ff770000', 'arm64 fault ff770000 code 96000046 at EL3'],
  },
  {
    id: 'arm64.abort',
    name: 'Solo5',
    text: `Solo5: Trap: EL1 Synchronous Abort caught
Data Abort Address: 0x0000000000000008
Solo5: Dump registers:
	 ESR    : 0x0000000096000047
	 PC     : 0x0000000000103038
`,
    says: ['FAR_EL1=8', 'ESR_EL1=96000047', 'arm64 fault 8 code 96000047 at EL1'],
  },
  {
    id: 'optee.abort',
    name: 'OP-TEE without its information',
    text: `E/TC:? 0 data-abort at 0x8
E/TC:? 0 ESR 0x96000005 PC 0xe1864d0 TTBR0 0x20000e1a3000 CONTEXIDR 0x0
E/TC:? 0 CPUID 0x80000000 CPSR 0x80000184 (read from SPSR)
`,
    says: ['FAR_EL1=8', 'ESR_EL1=96000005', 'TTBR0_EL1=20000e1a3000', 'arm64 fault 8 code 96000005 at EL1'],
  },
  {
    id: 'uboot.abort',
    name: 'U-Boot, a mode that cannot be',
    text: `Bad mode in "Synchronous Abort" handler, esr 0x96000004
elr: 000000000004aee0 lr : 000000000004af04 (reloc)
`,
    says: ['ESR_EL2=96000004', 'arm64 fault ? code 96000004 at EL2'],
  },
  {
    id: 'kvm.hyp-panic',
    name: 'with the host’s line below',
    text: `[   19.823474] Kernel panic - not syncing: HYP panic:
[   19.823474] PS:a00003c9 PC:0000ca0b42049fc4 ESR:86000006
[   19.823474] FAR:0000ca0b42049fc4 HPFAR:0000000010001000 PAR:0000000000000000
[   19.823474] VCPU:0000000000000000
[   19.823489] CPU: 1 PID: 1 Comm: swapper/0 Not tainted 5.15.0 #1
`,
    says: [
      'ESR_EL2=86000006',
      'FAR_EL2=ca0b42049fc4',
      'HPFAR_EL2=10001000',
      'PAR_EL1=0',
      'arm64 fault ca0b42049fc4 code 86000006 at EL2 hpfar 10001000',
    ],
  },
  {
    id: 'arm64.syndrome',
    name: 'names without level',
    text: `Exception: esr=0x96000047 far=0x8 elr=0x1000
`,
    says: ['ESR_EL1=96000047', 'FAR_EL1=8', 'arm64 fault 8 code 96000047 at EL1'],
  },
  {
    id: 'arm64.syndrome',
    name: 'the address first',
    text: `FAR_EL2 => 0x1234567890
ESR_EL2 => 0x96000007
`,
    says: ['FAR_EL2=1234567890', 'ESR_EL2=96000007', 'arm64 fault 1234567890 code 96000007 at EL2'],
  },
].map(example => ({ ...example, text: page(example.text).replace(/\n\n$/, '\n') }));
