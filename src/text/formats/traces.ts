/**
 * Walks and changes as other tools log them: libaddrxlat step by step, KVM's ftrace events.
 *
 *     4016fc: L4@487c000=7278067 L3@7278000=70fd067 L2@70fd010=7279067 L1@7279008=3309025 -> 33096fc
 *     kvm_mmu_set_spte: gfn 3 spte 6000000029d0b77 (rwxu) level 1 at 79f3018
 */
import { looksArm64 } from '../arch.ts';
import type { Entry, RegimeGuess, Translation } from '../model.ts';
import { big, known, recogniser } from '../recogniser.ts';
import { granuleOf } from './granule.ts';

const STEP = /L(\d)@([0-9a-f]{1,16})=([0-9a-f]{1,16})/g;

export const addrxlat = recogniser({
  id: 'addrxlat.walk',
  title: 'libaddrxlat walk',
  map: { holes: true },
  state: () => ({}),
  rows: [
    {
      like: /^([0-9a-f]{1,16}):((?: L\d@[0-9a-f]{1,16}=[0-9a-f]{1,16}){1,6})(?: -> (?:([0-9a-f]{1,16})|(\S.{0,120})))?$/,
      proof: 1,
      read: (m, { line, out }) => {
        const steps = [...(m[2] ?? '').matchAll(STEP)].map(([, level, at, word]) => ({
          level: Number(level),
          at: big(at),
          word: big(word),
        }));
        const group = out.group();
        const input = big(m[1]);
        const arm64 = looksArm64(steps.map(({ word }) => word));
        out.assume(`the walk is ${arm64 ? 'arm64' : 'x86'}, as its entries look`, line);
        const granule = arm64
          ? granuleOf(
              steps.map(({ level, at, word }) => ({ level: 4 - level, at, word })),
              input,
            )
          : undefined;
        const top = steps[0]?.level ?? 4;
        const narrow = top === 2 && steps.every(({ at, word }) => word <= 0xffff_ffffn && at <= 0xffff_ffffn);
        const mode: RegimeGuess['mode'] =
          top === 5 ? '5l' : top === 4 ? '4l' : top === 3 ? 'pae' : narrow ? '32' : 'pae';
        for (const [i, { level, at, word }] of steps.entries())
          out.put(
            line,
            known<Entry>({
              is: 'entry',
              word,
              width: !arm64 && narrow ? 32 : 64,
              // libaddrxlat counts from the leaf table, as x86 does.
              level: { name: `L${level}`, number: arm64 ? 4 - level : level },
              at,
              atSpace: 'pa',
              input,
              output: i === steps.length - 1 && m[3] !== undefined ? big(m[3]) : undefined,
              regime: arm64
                ? known<RegimeGuess>({ family: 'arm64.stage1', granule })
                : { family: 'x86.pte', mode },
            }),
            group,
          );
        if (m[3] !== undefined || m[4] !== undefined)
          out.put(
            line,
            known<Translation>({
              is: 'translation',
              input,
              inputSpace: 'va',
              output: m[3] === undefined ? undefined : big(m[3]),
              outputSpace: 'pa',
              reason: m[4],
            }),
            group,
          );
      },
    },
  ],
});

interface TarmacState {
  /** By stage: the walk that is being logged. */
  readonly open: Map<string, { group: number; level: number }>;
}

export const tarmac = recogniser<TarmacState>({
  id: 'tarmac.walk',
  title: 'Tarmac trace of table walks (Fast Models)',
  arch: 'arm64',
  state: () => ({ open: new Map() }),
  rows: [
    {
      // stage and level, the place of the entry, the entry
      like: /^(?:\d{1,20} (?:[a-z]{2,3} )?(?:[\w.]{1,80} )?)?TTW [DI]TLB LPAE ([12]):(-?\d) ([0-9a-f]{8,16}) ([0-9a-f]{16}) : (?:BLOCK|TABLE|PAGE|INVALID|FAULT|[A-Z]{3,12})(?: .{0,200})?$/,
      proof: 1,
      read: (m, { line, state, out }) => {
        const [, stage = '', level = ''] = m;
        const open = state.open.get(stage);
        const number = Number(level);
        const group = open !== undefined && number > open.level ? open.group : out.group();
        state.open.set(stage, { group, level: number });
        out.put(
          line,
          {
            ...{ is: 'entry', word: big(m[4]), width: 64, at: big(m[3]), atSpace: 'pa' },
            level: { name: level, number },
            regime: { family: stage === '1' ? 'arm64.stage1' : 'arm64.stage2' },
          },
          group,
        );
      },
    },
    {
      like: /^(?:\d{1,20} (?:[a-z]{2,3} )?(?:[\w.]{1,80} )?)?(?:TTW|TLB) (?:[DI]TLB|FILL|[A-Z]{2,8}) /,
      proof: 0.6,
    },
  ],
});

const FTRACE_LINE = String.raw`^\s{0,16}\S{1,40}-\d{1,8}\s{1,8}(?:\([\s\d-]{1,10}\)\s{1,4})?\[\d{3,4}\]\s{1,4}(?:\S{4,6}\s{1,12})?\d{1,10}\.\d{6}: `;
const FTRACE = `(?:${FTRACE_LINE}|^)`;

export const kvmTrace = recogniser({
  id: 'kvm.ftrace',
  title: 'KVM MMU trace events (x86)',
  arch: 'x86',
  state: () => ({}),
  rows: [
    {
      like: new RegExp(
        `${FTRACE}kvm_mmu_set_spte: gfn ([0-9a-f]{1,13}) spte ([0-9a-f]{1,16}) \\(([-rwxu]{1,5})\\) level (\\d) at ([0-9a-f]{1,13})$`,
      ),
      proof: 1,
      read: (m, { line, out }) => {
        out.assume('the trace does not say whether the entries are of EPT, NPT or shadow paging', line);
        out.put(line, {
          is: 'entry',
          word: big(m[2]),
          width: 64,
          level: { name: m[4] ?? '', number: Number(m[4]) },
          at: big(m[5]),
          atSpace: 'pa',
          input: big(m[1]) << 12n,
        });
      },
    },
    {
      like: new RegExp(
        `${FTRACE}kvm_tdp_mmu_spte_changed: as id \\d{1,4} gfn ([0-9a-f]{1,13}) level (\\d) old_spte ([0-9a-f]{1,16}) new_spte ([0-9a-f]{1,16})$`,
      ),
      proof: 1,
      read: (m, { line, out }) => {
        out.assume('the trace does not say whether the entries are of EPT, NPT or shadow paging', line);
        out.put(line, {
          is: 'entry',
          word: big(m[4]),
          width: 64,
          level: { name: m[2] ?? '', number: Number(m[2]) },
          input: big(m[1]) << 12n,
        });
      },
    },
    {
      like: new RegExp(`${FTRACE_LINE}(?:kvm|mark_mmio|handle_mmio|fast_page|check_mmio)_\\w{1,40}: `),
      proof: 0.6,
    },
  ],
});
