/** CPUs by name, by features, or by their registers. */
import { ctrFormat, featuresOf } from '../../arm64/registers/features.ts';
import { decode } from '../../bits/codec.ts';
import type { NamedCpu } from '../cpu.ts';
import { unknownName } from '../errors.ts';
import { inferred, mail, measured, source } from '../evidence.ts';
import type { Arm64Cpu } from './model.ts';

/** arm64 CPUs by name. FWB is ID_AA64MMFR2_EL1[43:40], IDC and DIC are CTR_EL0[28] and [29]. */
export const PROFILES: readonly NamedCpu<Arm64Cpu>[] = [
  {
    name: 'grace',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [mail('cover letters of "Map GPU device memory as cacheable": the platform the series is for')],
  },
  {
    name: 'neoverse-v1',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [
      source(
        'QEMU target/arm/tcg/cpu64.c aarch64_neoverse_v1_initfn(): CTR_EL0 0xb444c004, ID_AA64MMFR2 0x0220011102101011',
      ),
    ],
  },
  {
    name: 'neoverse-n1',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [
      source(
        'QEMU target/arm/tcg/cpu64.c aarch64_neoverse_n1_initfn(): CTR_EL0 0x8444c004, ID_AA64MMFR2 0x1011 (silicon may set DIC and IDC)',
      ),
    ],
  },
  {
    name: 'graviton2',
    cpu: { fwb: false, dic: true, idc: true },
    evidence: [
      source('QEMU aarch64_neoverse_n1_initfn(): ID_AA64MMFR2 0x1011'),
      mail('a published capture of CTR_EL0 0xb444c004'),
    ],
  },
  {
    name: 'cortex-a72',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [source('QEMU target/arm/cpu64.c aarch64_a72_initfn(): CTR_EL0 0x8444c004')],
  },
  {
    name: 'apple-m3',
    cpu: { fwb: true, dic: false, idc: true },
    evidence: [
      mail('a published capture of CTR_EL0 0x9444c004'),
      inferred('FWB from the architecture version'),
    ],
  },
  {
    name: 'run-fwb-dic-vhe',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [measured('the emulated machine of the Linux 6.18.2 runs with FWB and DIC')],
  },
  {
    name: 'run-nofwb-nvhe',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [measured('the emulated machine of the Linux 6.18.2 runs without FWB and DIC')],
  },
];

const FEATURES = ['FWB', 'DIC', 'IDC', 'MTE'] as const;
type Feature = Lowercase<(typeof FEATURES)[number]>;

/** What one register says. */
const REGISTERS: Readonly<Record<string, (value: bigint) => Partial<Record<Feature, boolean>>>> = {
  ID_AA64MMFR2_EL1: mmfr2 => ({ fwb: featuresOf({ mmfr2 }).fwb === 1 }),
  CTR_EL0: value => {
    const { idc, dic } = decode(ctrFormat, value);
    return { idc: idc === 1, dic: dic === 1 };
  },
  ID_AA64PFR1_EL1: pfr1 => ({ mte: featuresOf({ pfr1 }).mte2 === 1 }),
};

/** The features that one word of a CPU names; `_EL1` of a register may be left out. */
function named(word: string): Partial<Record<Feature, boolean>> {
  const [, name = '', value = ''] = /^(\w+)=(0x[0-9a-f]+)$/i.exec(word) ?? [];
  const register = Object.entries(REGISTERS).find(([id]) =>
    [id, id.replace(/_EL[01]$/, '')].includes(name.toUpperCase()),
  );
  if (register !== undefined) return register[1](BigInt(value));
  const upper = word.toUpperCase();
  if (['NONE', 'NOFWB', 'PLAIN'].includes(upper)) return {};
  const feature = FEATURES.find(f => f === upper);
  if (feature !== undefined) return { [feature.toLowerCase()]: true };
  throw unknownName('arm64 CPU', word, [
    ...FEATURES,
    'none',
    ...PROFILES.map(p => p.name),
    'ID_AA64MMFR2_EL1=0x…',
    'CTR_EL0=0x…',
  ]);
}

/** `FWB+DIC`, as people name a CPU by what KVM asks of it. */
export const cpuName = ({ fwb, dic }: Arm64Cpu): string =>
  [fwb ? 'FWB' : '', dic ? 'DIC' : ''].filter(Boolean).join('+') || 'no FWB, no DIC';

/** Features (`FWB+DIC`, `none`), a profile name, or registers (`ID_AA64MMFR2_EL1=0x…,CTR_EL0=0x…`). */
export function parseCpu(text: string): NamedCpu<Arm64Cpu> {
  const profile = PROFILES.find(p => p.name === text.toLowerCase());
  if (profile) return profile;
  const words = text.split(/[\s,+]+/).filter(w => w !== '');
  const { mte, ...found } = Object.assign({}, ...words.map(named)) as Partial<Record<Feature, boolean>>;
  const cpu = { fwb: false, dic: false, idc: false, ...found, ...(mte === undefined ? {} : { mte }) };
  return { name: cpuName(cpu), cpu, evidence: [] };
}

/** The registers among these that say what KVM asks of a CPU. */
export function cpuOf(registers: ReadonlyMap<string, bigint>): string | undefined {
  const said = Object.keys(REGISTERS).flatMap(name => {
    const value = registers.get(name);
    return value === undefined ? [] : [`${name}=0x${value.toString(16)}`];
  });
  return said.length > 0 ? said.join('+') : undefined;
}
