/**
 * Firmware: U-Boot `bdinfo` and `dump_pagetable()`, TF-A's translation tables, Zephyr.
 *
 *     TLB addr    = 0x000000013fff0000
 *     Walking pagetable at 000000017df90000, va_bits: 36. Using 3 levels
 *     [0x0000000040000000 - 0x0000000080000000]     |  Block | RWX        | Normal        | Inner-shareable
 *       [LV1] VA:0x0 PA:0x0 size:0x40000000 DEV-RW-XN-S
 *     L1[002] @ 0x80031010 = 0x0000000080032003
 */
import type { Attributes, Entry, Level, MemoryRange, Range, RegimeGuess } from '../model.ts';
import { big, known, recogniser } from '../recogniser.ts';
import { AbortReport, says } from './abort-report.ts';

// ------------------------------------------------------------------------------------------------ bdinfo

interface BdinfoState {
  bank?: { start?: bigint; number: string };
}

export const ubootBdinfo = recogniser<BdinfoState>({
  id: 'uboot.bdinfo',
  title: 'U-Boot bdinfo',
  beside: ['uboot.md'],
  state: () => ({}),
  rows: [
    {
      like: /^TLB addr\s{1,8}= (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { line, out }) => {
        out.put(line, { is: 'fact', name: 'root', value: big(m[1]) });
        // Arm alone has `arch.tlb_addr`, in as many digits as a pointer has [U-Boot, arch/arm/lib/bdinfo.c]
        if (m[1]?.length === 18) out.put(line, { is: 'fact', name: 'arch', value: 'arm64' });
        out.put(line, { is: 'fact', name: 'owner', value: 'u-boot' });
      },
    },
    {
      like: /^DRAM bank\s{1,8}= (0x[0-9a-f]{1,16})$/,
      proof: 1,
      read: (m, { state }) => {
        state.bank = { number: `${Number(big(m[1]))}` };
      },
    },
    {
      like: /^-> start\s{1,8}= (0x[0-9a-f]{1,16})$/,
      proof: 0.9,
      read: (m, { state }) => {
        if (!state.bank) return false;
        state.bank.start = big(m[1]);
        return true;
      },
    },
    {
      like: /^-> size\s{1,8}= (0x[0-9a-f]{1,16})$/,
      proof: 0.9,
      read: (m, { line, state, out }) => {
        const { bank } = state;
        delete state.bank;
        if (bank?.start === undefined) return false;
        const size = big(m[1]);
        if (size > 0n)
          out.put(line, {
            is: 'memory',
            start: bank.start,
            end: bank.start + size,
            kind: 'ram',
            name: `DRAM bank ${bank.number}`,
            depth: 0,
            map: 'U-Boot bdinfo',
          } satisfies MemoryRange);
        return true;
      },
    },
    {
      like: /^(?:boot_params|memstart|memsize|flashstart|flashsize|flashoffset|baudrate|relocaddr|reloc off|Build|current eth|ethaddr|IP addr|fdt_blob|new_fdt|fdt_size|lmb_dump_all|irq_sp|sp start|Early malloc usage|Video|multi_dtb_fit|arch_number|FB base|devicetree)\s{0,12}[=:]/,
      proof: 0.5,
    },
    { like: /^ {0,2}(?:memory|reserved)(?:\.(?:count|size) {1,12}= |\[\w{1,4}\]\s{1,4}\[)/, proof: 0.5 },
    { like: /^bdinfo$/, proof: 0.4 },
  ],
});

// ------------------------------------------------------------------------------------------------ dump_pagetable

interface WalkState {
  levels?: number;
}
const SHARE: Readonly<Record<string, Attributes['shareability']>> = {
  'Non-shareable': 'non',
  'Outer-shareable': 'outer',
  'Inner-shareable': 'inner',
};

function ubootPermissions(text: string): Attributes {
  const words = text.split(/\s+/).filter(word => word !== '');
  const has = (word: string): boolean => words.includes(word);
  if (has('XN')) return { execute: false, write: !has('RO') };
  return { executePrivileged: !has('PXN'), executeUser: !has('UXN'), write: !has('RO') };
}

export const ubootTables = recogniser<WalkState>({
  id: 'uboot.dump-pagetable',
  title: 'U-Boot dump_pagetable',
  wraps: true,
  arch: 'arm64',
  map: { holes: true },
  state: () => ({}),
  rows: [
    {
      like: /^Walking pagetable at ([0-9a-f]{8,16}), va_bits: (\d{2})\. Using (\d) levels$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.levels = Number(m[3]);
        out.put(line, { is: 'fact', name: 'root', value: big(m[1]) });
        out.put(line, { is: 'fact', name: 'va bits', value: BigInt(m[2] ?? 0) });
        out.put(line, { is: 'fact', name: 'levels', value: BigInt(m[3] ?? 0) });
      },
    },
    {
      like: /^( {0,8})\[\s{0,4}(0x[0-9a-f]{1,16}|0) - (0x[0-9a-f]{1,16})\]\s{0,12}\| {1,2}(Block|Pages|Fault|Unk)\s{1,4}\|([^|]{0,24})(?:\|([^|]{0,24}))?(?:\|([^|]{0,24}))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const columns = [m[5], m[6], m[7]].filter(text => text !== undefined).map(text => text.trim());
        const share = SHARE[columns.at(-1) ?? ''];
        // the last column is the shareability: a row without it goes on, or says no more than what is there
        const cut = share === undefined && m[4] !== 'Fault';
        if (cut && !line.last) return 'torn';
        const type = cut ? undefined : columns.at(-2);
        // The column of permissions is newer than the documentation's example.
        const permissions = columns.length === 3 && !cut ? columns[0] : undefined;
        if (cut) out.trouble('a row without a shareability is cut off: only what it says is taken', line);
        const depth = (m[1]?.length ?? 0) / 2;
        const number = state.levels === undefined ? undefined : 4 - state.levels + depth;
        out.assume('U-Boot prints output addresses; it maps them one to one', line);
        out.put(
          line,
          known<Range>({
            is: 'range',
            space: 'va',
            start: big(m[2]),
            end: big(m[3]),
            output: big(m[2]),
            level: known<Level>({ name: m[4] ?? '', number }),
            regime: { family: 'arm64.stage1', granule: '4K' },
            attributes: known<Attributes>({
              valid: m[4] !== 'Fault',
              ...(permissions === undefined ? {} : ubootPermissions(permissions)),
              type: type === 'Unknown' ? undefined : type,
              shareability: share,
            }),
            words: columns,
          }),
        );
        return true;
      },
    },
    { like: /^ {0,8}\[\s{0,4}0x[0-9a-f]{1,16}\]\s{1,40}\| {1,2}Table\b/, proof: 1 },
  ],
});

// ------------------------------------------------------------------------------------------------ TF-A

interface TfaState {
  regime?: 'EL1&0' | 'EL2' | 'EL3';
}

const TFA_TYPE: Readonly<Record<string, string>> = {
  MEM: 'Normal',
  NC: 'Normal-NC',
  DEV: 'Device',
  WT: 'Normal-WT',
};
const TFA_WORD: Readonly<Record<string, Attributes>> = {
  RO: { write: false },
  RW: { write: true },
  XN: { execute: false },
  EXEC: { execute: true },
  PXN: { executePrivileged: false },
  PEXEC: { executePrivileged: true },
  USER: { user: true },
  PRIV: { user: false },
  S: { security: 'S' },
  NS: { security: 'NS' },
  N: { security: 'NS' },
  RT: { security: 'RT' },
  RL: { security: 'RL' },
  GP: { guarded: true },
};

export const tfa = recogniser<TfaState>({
  id: 'tfa.xlat',
  title: 'TF-A translation tables',
  wraps: true,
  arch: 'arm64',
  map: { holes: true },
  state: () => ({}),
  rows: [
    {
      like: /^ {0,10}\[LV(-?\d)\] VA:(0x[0-9a-f]{1,16}) (?:PA:(0x[0-9a-f]{1,16}) )?size:(0x[0-9a-f]{1,12})(?: ([A-Z]{2,6}(?:-[A-Z]{1,6}){1,8}))?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const start = big(m[2]);
        const words = m[5]?.split('-') ?? [];
        // Without attributes and address: a table above its entries, or the first of a run of invalid ones. Both say
        // nothing that the rows below or the count do not.
        if (words.length === 0) return m[3] === undefined || line.last ? undefined : 'torn';
        let attributes: Attributes = known({
          valid: true,
          type: TFA_TYPE[words[0] ?? ''],
          guarded: words.includes('GP'),
        });
        for (const word of words.slice(1)) {
          const says = TFA_WORD[word];
          if (says) attributes = { ...attributes, ...says };
          else out.trouble(`attribute word "${word}" is not known`, line);
        }
        out.put(
          line,
          known<Range>({
            is: 'range',
            space: 'va',
            start,
            end: start + big(m[4]),
            output: m[3] === undefined ? undefined : big(m[3]),
            pageSize: big(m[4]),
            level: { name: `LV${m[1]}`, number: Number(m[1]) },
            regime: known<RegimeGuess>({ family: 'arm64.stage1', granule: '4K', regime: state.regime }),
            attributes,
            words,
          }),
        );
      },
    },
    { like: /^ {0,10}(?:\[LV-?\d\] )?\(\d{1,6} (?:transient )?invalid descriptors omitted\)$/, proof: 1 },
    {
      like: /^ {0,4}Xlat regime: {1,12}EL(1&0|2|3)$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        state.regime = `EL${m[1]}` as 'EL3';
        out.put(line, { is: 'fact', name: 'regime', value: state.regime });
      },
    },
    {
      like: /^ {0,4}Initial lookup level: (\d)$/,
      proof: 0.9,
      read: (m, { line, out }) =>
        out.put(line, { is: 'fact', name: 'start level', value: BigInt(m[1] ?? 0) }),
    },
    {
      like: /^ {0,4}(?:Translation tables state:|mmap:|Max (?:allowed|mapped) [PV]A: |Entries @initial lookup level: |Used \d{1,6} sub-tables )/,
      proof: 0.9,
    },
    {
      like: /^ {1,4}VA:0x[0-9a-f]{1,16} {1,4}PA:0x[0-9a-f]{1,16} {1,4}size:0x[0-9a-f]{1,16} {1,4}attr:0x[0-9a-f]{1,8}/,
      proof: 0.9,
    },
  ],
});

// ------------------------------------------------------------------------------------------------ OP-TEE

/** Bytes that an entry of each level maps, with 4-KByte tables. */
const SIZE_AT: Readonly<Record<string, bigint>> = { 0: 2n ** 39n, 1: 2n ** 30n, 2: 2n ** 21n, 3: 2n ** 12n };

export const opteeTables = recogniser({
  id: 'optee.xlat',
  title: 'OP-TEE translation tables',
  wraps: true,
  arch: 'arm64',
  map: { holes: true },
  state: () => ({}),
  rows: [
    {
      like: /^ {0,12}\[LVL([0-3])\] VA:(0x[0-9a-f]{1,16}) (?:INVALID|TBL:0x[0-9a-f]{1,16}|PA:(0x[0-9a-f]{1,16}) ([A-Z]{2,6})-(RO|RW)-(XN|X) ?- ?(NS|S))$/,
      proof: 1,
      read: (m, { line, out }) => {
        const [, level = '', va, pa, type = '', rights, fetch, security] = m;
        const size = SIZE_AT[level];
        const hole = line.text.endsWith('INVALID');
        if (size === undefined || (pa === undefined && !hole)) return;
        const start = big(va);
        out.assume('OP-TEE’s tables are of 4 KBytes', line);
        out.put(
          line,
          known<Range>({
            ...{ is: 'range', space: 'va', start, end: start + size },
            output: pa === undefined ? undefined : big(pa),
            pageSize: hole ? undefined : size,
            level: { name: `LVL${level}`, number: Number(level) },
            regime: { family: 'arm64.stage1', granule: '4K' },
            hole: hole ? true : undefined,
            attributes: hole
              ? undefined
              : known<Attributes>({
                  valid: true,
                  type: { MEM: 'Normal', DEV: 'Device' }[type] ?? type,
                  write: rights === 'RW',
                  execute: fetch === 'X',
                  security,
                }),
            words: hole ? undefined : [type, rights ?? '', fetch ?? '', security ?? ''],
          }),
        );
      },
    },
  ],
});

// ------------------------------------------------------------------------------------------------ Zephyr

interface ZephyrState {
  readonly report: AbortReport;
  /** The last entry of the walk of a fault: its group and level. */
  walk?: { readonly group: number; readonly level: number };
}

export const zephyr = recogniser<ZephyrState>({
  id: 'zephyr.walk',
  title: 'Zephyr exception and page-table entries',
  arch: 'arm64',
  state: () => ({ report: new AbortReport(1) }),
  rows: [
    {
      like: /^(?:.{0,40} )? {0,4}L(\d)\[(\d{1,4})\] @ (0x[0-9a-f]{1,16}) = (0x[0-9a-f]{1,16})(?!`?[0-9a-zA-Z_])/,
      proof: 0.95,
      read: (m, { line, state, out }) => {
        out.assume('Zephyr levels are arm64 stage 1 levels', line);
        const level = Number(m[1]);
        const { walk } = state;
        // a walk goes down: an entry that does not is of something else
        const walked = state.report.walked;
        const own = walked && (walk?.group !== walked.group || level > walk.level) ? walked : undefined;
        if (own) state.walk = { group: own.group, level };
        const { group = 0, input } = own ?? {};
        out.put(
          line,
          known<Entry>({
            ...{ is: 'entry', word: big(m[4]), width: 64, at: big(m[3]), atSpace: 'pa', input },
            level: { name: `L${level}`, number: level },
            regime: { family: 'arm64.stage1' },
          }),
          group,
        );
      },
    },
    says(
      /^ESR_ELn: {1,8}(0x[0-9a-f]{1,16})(?:\s{1,16}FAR_ELn: {1,8}(0x[0-9a-f]{1,16}))?(?:\s{1,16}ELR_ELn: {1,8}0x[0-9a-f]{1,16})?$/,
      0.95,
      m => ({ esr: big(m[1]), ...(m[2] === undefined ? {} : { far: big(m[2]) }) }),
    ),
    says(/^FAR_ELn: {1,8}(0x[0-9a-f]{1,16})$/, 0.95, m => ({ far: big(m[1]) })),
    // [zephyr, arch/arm64/core/fatal.c, dump_ptable_walk(), of 2026]
    says(/^PTE walk for 0x([0-9a-f]{1,16}) \(TTBR0=(0x[0-9a-f]{1,16})\):$/, 1, m => ({
      far: big(m[1]),
      registers: { TTBR0_EL1: big(m[2]) },
    })),
    { like: /^ {0,6}(?:page|block|table|invalid) (?:AP=\S{1,8}|R[OW]\b)/, proof: 0.6 },
    { like: /^ELR_ELn: {1,8}0x[0-9a-f]{1,16}$/, proof: 0.9 },
    { like: /^ {0,4}(?:EC|IL|ISS): {1,4}0x[0-9a-f]{1,8}(?: \(.{1,120}\))?$/, proof: 0.7 },
    {
      like: /^(?:x\d{1,2}|TPIDRRO|lr): {1,4}0x[0-9a-f]{16}|^>>> ZEPHYR FATAL ERROR |^Halting system$|^Current thread: /,
      proof: 0.6,
    },
  ],
  end: ({ report }, out) => report.close(out),
});
