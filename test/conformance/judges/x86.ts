/** Judges for the x86 vector families: their formats are described in `fixtures/vectors/x86/README.md`. */
import { decode, kindMask } from '../../../src/bits/codec.ts';
import type { Reading } from '../../../src/bits/family.ts';
import { settle } from '../../../src/bits/settings.ts';
import type { Word } from '../../../src/bits/word.ts';
import type { Answer } from '../../../src/memtype/rule.ts';
import {
  decodeMmioSpte,
  encodeMmioSpte,
  type LinuxEntry,
  linuxEntry,
  readLinuxEntry,
} from '../../../src/x86/descriptors/software.ts';
import { readStage1, type Stage1Settings, stage1Settings } from '../../../src/x86/descriptors/stage1.ts';
import { readStage2, stage2Settings } from '../../../src/x86/descriptors/stage2.ts';
import { guestWithHost, mtrrWithPat } from '../../../src/x86/memtype/combine.ts';
import { effectiveEpt, effectiveNpt } from '../../../src/x86/memtype/effective.ts';
import {
  type MtrrLookup,
  type MtrrType,
  mtrrLabel,
  mtrrRange,
  mtrrs,
  mtrrType,
} from '../../../src/x86/memtype/mtrr.ts';
import { pat } from '../../../src/x86/registers/attributes.ts';
import { mtrrPhysMask, wrmsrAccepts } from '../../../src/x86/registers/mtrr.ts';
import { eptp } from '../../../src/x86/registers/roots.ts';
import { memoryType, type PatType, patType } from '../../../src/x86/values/attributes.ts';
import { differences, type VectorFamily } from './family.ts';

type Vector = Readonly<Record<string, unknown>>;
/** What a vector expects: everything but what it gives, its name, and what other implementations think. */
const expectedOf = (vector: Vector, ...given: readonly string[]): Vector =>
  Object.fromEntries(
    Object.entries(vector).filter(([key]) => !['id', 'dissent', 'ctx', ...given].includes(key)),
  );
/** `true`/`false` of a context are control bits. */
const bitsOf = (ctx: Vector): Vector =>
  Object.fromEntries(
    Object.entries(ctx).map(([key, value]) => [key, typeof value === 'boolean' ? Number(value) : value]),
  );
const hexWord = (word: Word): string => `0x${word.toString(16)}`;
const bitAt = (word: Word, bit: number): number => Number((word >> BigInt(bit)) & 1n);
const setIn = (reading: Reading, ...kinds: Parameters<typeof kindMask>[1][]): string =>
  hexWord(reading.raw & kindMask(reading.format, ...kinds));

// ---------------------------------------------------------------------------------------------- ordinary paging

interface PteVector extends Vector {
  readonly mode: Stage1Settings['mode'];
  readonly level: number;
  readonly entry: string;
  readonly ctx: Vector;
}

/** The fields that a vector lists: ours, plus PS where it is reserved or ignored, and bit 11 under its HLAT name. */
function pteFields(reading: Reading, s: Stage1Settings): Vector | null {
  if (reading.kind === 'not-present') return null;
  const d = decode(reading.format, reading.raw) as Record<string, number | undefined>;
  const cache = { pwt: d.pwt, pcd: d.pcd };
  if (s.mode === 'pae' && s.level === 3) return cache;
  return {
    ...cache,
    rw: d.rw,
    us: d.us,
    a: d.a,
    xd: s.mode === '32' ? undefined : (d.xd ?? null),
    r: s.mode === '4l' || s.mode === '5l' ? (d.r ?? d.sw11) : undefined,
    ps: s.level > 1 ? (d.ps ?? bitAt(reading.raw, 7)) : undefined,
    ...(reading.kind.startsWith('page') ? { d: d.d, g: d.g, pat: d.pat, pk: d.pk } : {}),
  };
}

const pte: VectorFamily = {
  name: 'pte',
  judge: (vector: PteVector) => {
    const { mode, level, entry, ctx } = vector;
    const s = settle(stage1Settings, { ...bitsOf(ctx), mode, level });
    const reading = readStage1(BigInt(entry), s);
    const { kind, facts } = reading;
    const present = kind !== 'not-present';
    return differences(expectedOf(vector, 'mode', 'level', 'entry'), {
      present,
      kind,
      leaf: kind.startsWith('page'),
      addr: facts.oa ?? facts.next ?? null,
      pageSize: facts.size === undefined ? null : Number(facts.size),
      fields: pteFields(reading, s),
      patIndex: facts.patIndex ?? null,
      reserved: present ? setIn(reading, 'res0') : '0x0',
      ignored: present ? setIn(reading, 'ignored', 'software') : null,
    });
  },
};

const linuxPte: VectorFamily = {
  name: 'linux-pte',
  judge: (v: { kind: 'swap' | 'present' | 'protnone'; pte: string } & Record<string, string | number>) => {
    const mask = v.pfnMask === undefined ? undefined : BigInt(v.pfnMask);
    const entry: LinuxEntry =
      v.kind === 'swap'
        ? {
            kind: 'swap',
            type: Number(v.type),
            offset: BigInt(v.offset ?? 0),
            exclusive: false,
            uffdWp: false,
            softDirty: false,
          }
        : { kind: v.kind, pfn: BigInt(v.pfn ?? 0), flags: BigInt(v.flags ?? 0) };
    return [
      ...differences({ pte: v.pte }, { pte: linuxEntry(entry, mask) }),
      ...differences({ ...entry }, { ...readLinuxEntry(BigInt(v.pte), mask) }),
    ];
  },
};

// ---------------------------------------------------------------------------------------------------------- EPT

const ept: VectorFamily = {
  name: 'ept',
  judge: (vector: Vector & { readonly level: number; readonly entry: string; readonly ctx: Vector }) => {
    const s = settle(stage2Settings, { ...bitsOf(vector.ctx), level: vector.level });
    const reading = readStage2(BigInt(vector.entry), s);
    const { kind, facts } = reading;
    const d = decode(reading.format, reading.raw) as Record<string, number | undefined>;
    const present = kind !== 'not-present';
    const { r, w, x, xu = null } = facts.permissions;
    return differences(expectedOf(vector, 'level', 'entry'), {
      ...{ present, kind, r, w, x, xu },
      misconfig: facts.misconfiguration.length > 0,
      reasons: facts.misconfiguration,
      addr: facts.oa ?? facts.next ?? null,
      pageSize: facts.size === undefined ? null : Number(facts.size),
      memtype: d.memType ?? null,
      ipat: d.ipat ?? null,
      a: d.a ?? null,
      d: d.d ?? null,
      vgp: d.vgp ?? null,
      pw: d.pw ?? null,
      sss: d.sss ?? null,
      spp: d.spp ?? null,
      sve: d.sve ?? null,
      reserved: present ? setIn(reading, 'res0') : '0x0',
      ignored: present ? setIn(reading, 'ignored', 'software') : null,
    });
  },
};

const eptpFamily: VectorFamily = {
  name: 'eptp',
  judge: (vector: Vector & { readonly eptp: string; readonly ctx: Vector }) => {
    const s = settle(eptp.settings, bitsOf(vector.ctx));
    const reading = eptp.read(BigInt(vector.eptp), s);
    const { valid, errors, root, levels } = reading.facts;
    const d = decode(reading.format, reading.raw) as Record<string, number | undefined>;
    return differences(expectedOf(vector, 'eptp'), {
      ...{ valid, errors },
      memtype: d.memType,
      walkLength: levels,
      ad: d.ad,
      sss: d.sss ?? null,
      addr: root,
      reserved: setIn(reading, 'res0'),
    });
  },
};

// ---------------------------------------------------------------------------------------------------------- KVM

const kvmMmioSpte: VectorFamily = {
  name: 'kvm-mmio-spte',
  judge: (v: Record<string, string> & { readonly access: number }) => {
    const word = (key: string): Word => BigInt(v[key] ?? 0);
    const masks = {
      mmioValue: word('mmioValue'),
      accessMask: word('accessMask'),
      rsvdMask: word('rsvdMask'),
      lowGpaMask: word('lowGpaMask'),
    };
    const spte = { gfn: word('gfn'), generation: Number(v.gen), access: v.access };
    return [
      ...differences({ spte: v.spte }, { spte: encodeMmioSpte(spte, masks) }),
      ...differences(
        { ...spte, access: Number(BigInt(v.access) & masks.accessMask) },
        { ...decodeMmioSpte(word('spte'), masks) },
      ),
    ];
  },
};

// ---------------------------------------------------------------------------------------------------- registers

const patMsr: VectorFamily = {
  name: 'pat-msr',
  judge: (v: Vector & { readonly value: string }) =>
    differences(expectedOf(v, 'value'), pat.read(BigInt(v.value), {}).facts),
};

const mtrrMsrValid: VectorFamily = {
  name: 'mtrr-msr-valid',
  judge: (v: { msr: string; reg: string; value: string; maxphyaddr: number; valid: boolean }) =>
    differences({ valid: v.valid }, { valid: wrmsrAccepts(Number(v.msr), BigInt(v.value), v) }),
};

// ------------------------------------------------------------------------------------------------- memory types

/** Vectors give PAT types as codes. */
const patAnswer = (code: number): Answer<PatType | 'reserved'> => ({
  value: patType(code) ?? 'reserved',
  why: [],
});

const patMtrr: VectorFamily = {
  name: 'pat-mtrr',
  judge: (v: Vector & { readonly vendor: 'intel' | 'amd'; readonly mtrr: number; readonly pat: number }) => {
    const [mtrrName, patName] = [memoryType(v.mtrr), patType(v.pat)];
    if (mtrrName === undefined || patName === undefined)
      return differences(expectedOf(v, 'vendor', 'mtrr', 'pat'), { valid: false, effective: null });
    const { type: effective, notes } = mtrrWithPat(v.vendor, mtrrName, patName).value;
    return differences(expectedOf(v, 'vendor', 'mtrr', 'pat'), {
      ...{ valid: true, mtrrName, patName, effective },
      ...(v.vendor === 'intel' ? { notes } : {}),
    });
  },
};

const eptMemtype: VectorFamily = {
  name: 'ept-memtype',
  judge: (v: Vector & Readonly<Record<'emt' | 'ipat' | 'pat' | 'cd', number>>) => {
    const { value: answer } = effectiveEpt({ cd: v.cd, memType: v.emt, ipat: v.ipat, pat: patAnswer(v.pat) });
    return differences(expectedOf(v, 'emt', 'ipat', 'pat', 'cd'), {
      patName: patType(v.pat),
      misconfig: answer.is === 'misconfigured',
      effective: answer.is === 'type' ? answer.type : null,
    });
  },
};

const nptMemtype: VectorFamily = {
  name: 'npt-memtype',
  judge: (v: Vector & Readonly<Record<'guestPat' | 'hostPat' | 'mtrr', number>>) => {
    const [guest, host, mtrrName] = [patType(v.guestPat), patType(v.hostPat), memoryType(v.mtrr)];
    if (!(guest && host && mtrrName)) return ['a code of this record is no memory type'];
    const mtrr: Answer<MtrrType> = { value: { is: 'type', type: mtrrName }, why: [] };
    const { value: answer } = effectiveNpt({
      guestPat: patAnswer(v.guestPat),
      hostPat: patAnswer(v.hostPat),
      mtrr,
    });
    return differences(expectedOf(v, 'guestPat', 'hostPat', 'mtrr'), {
      ...{ guest, host, mtrrName },
      combined: guestWithHost(guest, host).value,
      effective: answer.is === 'type' ? answer.type : null,
    });
  },
};

interface MtrrVector extends Vector {
  readonly vendor: 'intel' | 'amd';
  readonly maxphyaddr: number;
  readonly defType: string;
  readonly fixed: readonly string[] | null;
  readonly variable: readonly (readonly [string, string])[];
  readonly syscfg?: string;
  readonly topMem2?: string;
  readonly contiguousMasks: boolean;
  readonly lookups: readonly (readonly [string, string, string, Readonly<Record<string, unknown>>?])[];
  readonly ranges: readonly { readonly start: string; readonly end: string }[];
}

/** A lookup without a fourth element is one of a plain byte, or of an extended one with RdMem and WrMem clear. */
function dramDifferences(expected: MtrrVector['lookups'][number][3], got: MtrrLookup): string[] {
  const wanted = { rdMem: Number(expected?.rdMem ?? 0), wrMem: Number(expected?.wrMem ?? 0) };
  return differences(wanted, { rdMem: Number(got.rdMem ?? false), wrMem: Number(got.wrMem ?? false) });
}

const mtrrLookup: VectorFamily = {
  name: 'mtrr-lookup',
  judge: (v: MtrrVector) => {
    const variable = v.variable.map(([base, mask]) => [BigInt(base), BigInt(mask)] as const);
    const set = mtrrs({
      vendor: v.vendor,
      maxphyaddr: v.maxphyaddr,
      defType: BigInt(v.defType),
      fixed: v.fixed?.map(BigInt) ?? null,
      variable,
      ...(v.syscfg === undefined ? {} : { syscfg: BigInt(v.syscfg) }),
      ...(v.topMem2 === undefined ? {} : { topMem2: BigInt(v.topMem2) }),
    });
    const { maxphyaddr } = v;
    const holes = variable.some(([, mask]) => {
      const { facts } = mtrrPhysMask.read(mask, { maxphyaddr });
      return facts.enabled && facts.size === undefined;
    });
    return [
      ...differences({ contiguousMasks: v.contiguousMasks }, { contiguousMasks: !holes }),
      ...v.lookups.flatMap(([address, type, source, dram]) => {
        const got = mtrrType(set, BigInt(address));
        const answer = { type: mtrrLabel(got.value), source: got.source };
        return [...differences({ type, source }, answer), ...dramDifferences(dram, got)].map(
          text => `${address}: ${text}`,
        );
      }),
      ...v.ranges.flatMap(range => {
        const { uniform, segments } = mtrrRange(set, BigInt(range.start), BigInt(range.end));
        return differences(
          { ...range },
          {
            ...{ start: range.start, end: range.end, uniform },
            segments: segments.map(({ start, end, type }) => [start, end, mtrrLabel(type)]),
          },
        );
      }),
    ];
  },
};

export const x86Families: readonly VectorFamily[] = [
  ...[pte, linuxPte, ept, eptpFamily, kvmMmioSpte],
  ...[patMsr, mtrrMsrValid, mtrrLookup, patMtrr, eptMemtype, nptMemtype],
];
