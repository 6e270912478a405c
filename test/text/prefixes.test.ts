/**
 * What stands in front of lines never changes what they say: everything that logs, mails and terminals put there, alone and
 * around each other.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean } from '../../src/text/lines.ts';
import type { Item } from '../../src/text/model.ts';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';
import { examples } from './examples.ts';
import { sample, samples } from './samples.ts';

/** By name: what is in front of line `i`. Times go on from line to line. */
const PREFIXES: Readonly<Record<string, (i: number) => string>> = {
  'one blank': () => ' ',
  'eight blanks': () => '        ',
  tab: () => '\t',
  'mail quote': () => '> ',
  'mail quote, indented': () => '>   ',
  'mail quotes of two people': () => '>> | ',
  bar: () => '| ',
  'name of a terminal': () => 'TTY> ',
  'printk level': () => '<6>',
  dmesg: i => `[${at(i).padStart(12)}] `,
  'dmesg of a task': i => `[${at(i).padStart(12)}][  T123] `,
  'dmesg of a task, apart': i => `[${at(i).padStart(12)}] [  T123] `,
  'dmesg -d': i => `[${at(i).padStart(12)} <    0.000012>] `,
  'dmesg -e': i => (i === 0 ? '[Nov30 16:34] ' : '[  +0.000012] '),
  'dmesg -T': () => '[Mon Nov 30 16:34:40 2026] ',
  'dmesg -T -d': () => '[Mon Nov 30 16:34:40 2026 <    0.000012>] ',
  'dmesg -x': i => `kern  :err   : [${at(i).padStart(12)}] `,
  'dmesg -r': i => `<3>[${at(i).padStart(12)}] `,
  'dmesg --time-format iso': i => `2026-11-30T16:34:40,${micro(i)}+00:00 `,
  'dmesg --time-format delta': () => '[<    0.000012>] ',
  '/dev/kmsg': i => `3,${i + 339},${5140900 + i},-;`,
  '/dev/kmsg of a task': i => `3,${i + 339},${5140900 + i},-,caller=T1;`,
  'journalctl -o short': () => 'Nov 30 16:34:40 host kernel: ',
  'journalctl -o short-precise': i => `Nov 30 16:34:40.${micro(i)} host kernel: `,
  'journalctl -o short-monotonic': i => `[${at(i).padStart(12)}] host kernel: `,
  'journalctl -o short-delta': i => `[${at(i).padStart(12)} <    0.000012 >] host kernel: `,
  'journalctl -o short-full': () => 'Mon 2026-11-30 16:34:40 UTC host kernel: ',
  'journalctl -o short-unix': i => `1796056480.${micro(i)} host kernel: `,
  'journalctl -o short-iso': () => '2026-11-30T16:34:40+0000 host kernel: ',
  'journalctl -o short-iso-precise': i => `2026-11-30T16:34:40.${micro(i)}+01:00 host kernel: `,
  'syslog around printk': i => `Nov  3 16:34:40 host kernel: [${at(i).padStart(12)}] `,
  'date and time': () => '2026-11-30 16:34:40 host kernel: ',
  'date and time of a serial tool': i => `[2026-11-30 16:34:40.${micro(i).slice(3)}] `,
  'time around printk': i => `16:56:35 [${at(i).padStart(12)}] `,
  'time in brackets': () => '[16:56:35.123] ',
  'a CI job': i => `2026-11-30T16:34:40.${micro(i)}Z `,
  ts: () => 'Nov 30 16:34:40 ',
  logread: i => `Mon Nov 30 16:34:40 2026 kern.err kernel: [${at(i).padStart(12)}] `,
  logcat: () => '11-30 16:34:40.123     0     0 E         : ',
  'Android kernel of one vendor': i => `[${at(i).padStart(12)}]  (3)[1234:binder:1]`,
  'Android kernel of another': i => `[${at(i).padStart(12)}] [2:  swapper/2:    0] `,
  'kernel:': () => 'kernel: ',
  'kernel: around printk': i => `kernel: [${at(i).padStart(12)}] `,
  module: () => 'kvm_intel: ',
  'module and process': () => 'kvm [1234]: ',
  Xen: () => '(XEN) ',
  'Xen with a date': () => '(XEN) [2026-11-30 16:34:40.123] ',
  'Xen with a time': i => `(XEN) [${at(i).padStart(13)}] `,
  'Xen with its counter': () => '(XEN) [0000000812b1a2cd] ',
  'OP-TEE': () => 'E/TC:0 0 ',
};
const at = (i: number): string => (82.646346 + i / 1000).toFixed(6);
const micro = (i: number): string => `${100000 + i}`;

const says = (items: readonly Item[]): string[] =>
  items.map(item => `${item.from} ${item.group} ${item.line}: ${brief(item)}`);
const behind = (text: string, prefix: (i: number) => string): string =>
  text
    .split('\n')
    .map((line, i) => (line === '' ? line : prefix(i) + line))
    .join('\n');

/** Words and JSON behind a name are no longer words and JSON alone: what they are is told by everything else beside them. */
const isWhole = (id: string): boolean => id === 'registers.json' || id === 'chipsec.dict';

describe.each(Object.keys(PREFIXES))('behind %s', name => {
  const prefix = PREFIXES[name] as (i: number) => string;
  test.each(examples)('$id: $name', ({ id, text }) => {
    if (isWhole(id)) return;
    expect(says(readText(behind(text, prefix)).items)).toEqual(says(readText(text).items));
  });
});

/** What no tool prints: known for what it is because every line has it. */
const MARKS: Readonly<Record<string, (i: number) => string>> = {
  'added in a diff': () => '+ ',
  'an item of a list': () => '- ',
  'a comment of C++': () => '// ',
  'a comment of C': () => ' * ',
  'a port': () => 'uart0: ',
  'a name in brackets': () => '[DUT] ',
  'a container': () => 'kernel-1  | ',
  'a drawn line': () => '│ ',
  'numbers of grep': i => `${i + 1}:`,
  'numbers of cat': i => `${String(i + 1).padStart(6)}\t`,
  'numbers of an editor': i => `${String(i + 1).padStart(4)} `,
  'numbers and bars': i => `${i + 17} | `,
};
const longEnough = ({ id, text }: { readonly id: string; readonly text: string }): boolean =>
  !isWhole(id) && text.split('\n').filter(line => line !== '').length >= 4;
describe.each(Object.keys(MARKS))('every line marked by %s', name => {
  test.each(examples.filter(longEnough))('$id: $name', ({ text }) => {
    expect(says(readText(behind(text, MARKS[name] as (i: number) => string)).items)).toEqual(
      says(readText(text).items),
    );
  });
});

describe('prefixes around each other', () => {
  /** Who puts something in front of the prefixes of others. */
  const outside = [
    'one blank',
    'eight blanks',
    'tab',
    'mail quote',
    'mail quote, indented',
    'mail quotes of two people',
    'bar',
  ];
  test('of every example', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...examples.filter(({ id }) => !isWhole(id))),
        fc.array(fc.constantFrom(...outside), { maxLength: 3 }),
        fc.constantFrom(...Object.keys(PREFIXES)),
        ({ text }, names, inner) => {
          const all = [...names, inner].map(name => PREFIXES[name] as (i: number) => string);
          const prefix = (i: number): string => all.map(one => one(i)).join('');
          expect(says(readText(behind(text, prefix)).items)).toEqual(says(readText(text).items));
        },
      ),
      { numRuns: 500 },
    ));

  const captures = samples.map(([path]) => path).filter(path => !path.includes('.json'));
  test('of the beginning of every capture', () =>
    fc.assert(
      fc.property(fc.constantFrom(...captures), fc.constantFrom(...Object.keys(PREFIXES)), (path, name) => {
        const text = sample(path).split(/\r?\n/).slice(0, 300).join('\n');
        const plain = says(readText(text).items);
        expect(says(readText(behind(text, PREFIXES[name] as (i: number) => string)).items)).toEqual(plain);
      }),
      { numRuns: 60 },
    ));
});

describe('what is no prefix stays', () => {
  test.each([
    '[ffff800000010000] pgd=0',
    '[<ffffffff81000000>] dump_stack+0x41/0x51',
    'RIP: 0010:native_write_cr3+0x5/0x10',
    'swapper pgtable: 4k pages, 48-bit VAs',
    'Internal error: Oops: 96000007 [#1] SMP',
    'PAGE DIRECTORY: ffff8281e7cc0000',
    'kvm_mmu_set_spte: gfn 3 spte 6000000029d0b77 (rwxu) level 1 at 79f3018',
    '00:01:02',
  ])('%s', text => expect(clean(text, 1).text).toBe(text));
  test.each([
    'Nov 30 16:34:40 Internal error: Oops: 96000007',
    '2026-11-30T16:34:40Z swapper pgtable: 4k pages',
    '[    1.000000] [<ffffffff81000000>] dump_stack',
  ])('of the line behind the time: %s', text =>
    expect(clean(text, 1).text).toBe(text.replace(/^(?:\S{3} \d\d \S{8}|\S{20}|\[ {4}\S+\]) /, '')),
  );
});
