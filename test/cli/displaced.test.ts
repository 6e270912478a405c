/** A dump whose data may lie elsewhere than its headers say is never answered with status 0. */
import { describe, expect, test } from 'vitest';
import { elfCore } from '../support/elf.ts';
import { temporaryFolder } from '../support/folder.ts';
import { memattr } from './harness.ts';

const { write } = temporaryFolder();

/** A PML4 at 0 and a PDPT at 0x1000 that maps 1 GiB at 0; the notes run 1632 bytes past their stated end. */
function dump(trailing: number): Uint8Array {
  const data = new Uint8Array(0x2000);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, 0x1023n, true);
  view.setBigUint64(0x1000, 0xe3n, true);
  const notes = [
    { name: 'LINUX', type: 0x405, desc: new Uint8Array(2080) },
    { name: 'VMCOREINFO', type: 0, desc: new TextEncoder().encode('PAGESIZE=4096\n') },
  ];
  const stated = 12 + 8 + 2080 + 12 + 12 + 16 - 1632;
  const core = elfCore({ machine: 62, notes, noteBytes: stated, segments: [{ paddr: 0n, data }] });
  const bytes = new Uint8Array(core.length + trailing);
  bytes.set(core);
  return bytes;
}

describe('notes that run over the data', () => {
  const verbs = [
    ['walk', []],
    ['translate', ['0x1234']],
    ['rmap', ['0x1234']],
  ] as const;
  const options = ['--cr3', '0', '--cr4', '0x20', '--efer', '0x500', '--cr0', '0x80010001'];

  test.each(verbs)('%s: the size of the file confirms where the data is', async (verb, args) => {
    const { status, err } = await memattr([verb, write('confirmed.elf', dump(0)), ...args, ...options]);
    expect(err).toContain('which the size of the file confirms');
    expect(status).toBe(0);
  });

  test.each(verbs)('%s: nothing confirms it, the status is 1', async (verb, args) => {
    const { status, err, out } = await memattr([verb, write('doubt.elf', dump(11)), ...args, ...options]);
    expect(err).toContain('all segment data may be displaced');
    expect(out).toContain('0x');
    expect(status).toBe(1);
  });
});
