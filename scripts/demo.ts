/**
 * `npm run demo`: what Linux 6.18 KVM wrote into real second-stage tables, leaf by leaf, then in total. Every step is a
 * command that works on your own dumps too.
 */
import { pathToFileURL } from 'node:url';
import { main } from '../src/cli/main.ts';
import { coloured, plain } from '../src/report/style.ts';

const ARM = 'fixtures/real/arm64-linux-6.18';
const X86 = 'fixtures/real/x86-linux-6.18';
const dump = (path: string, root: string): string =>
  `walk ${path}.elf.gz --registers ${path}.registers.json --root ${root}`;

export const STEPS: readonly (readonly [says: string, command: string])[] = [
  [
    'One entry out of these tables: what does it say?',
    `decode 0x00400000602004c7 --as stage2 --registers ${ARM}/fwb-dic-vhe.registers.json`,
  ],
  ['arm64, a CPU with FWB: all that KVM maps for the guest', dump(`${ARM}/fwb-dic-vhe`, 'stage2')],
  ['The same machine without FWB: other bits, same intent', dump(`${ARM}/nofwb-nvhe`, 'stage2')],
  ['In total, with FWB: who decides the type?', `${dump(`${ARM}/fwb-dic-vhe`, 'stage2')} --summary`],
  ['In total, without FWB', `${dump(`${ARM}/nofwb-nvhe`, 'stage2')} --summary`],
  ['Intel: what KVM’s EPT maps, in total', `${dump(`${X86}/intel-default-384m`, 'ept')} --summary`],
];

async function demo(): Promise<void> {
  const style = process.stdout.isTTY && !process.env.NO_COLOR ? coloured : plain;
  for (const [says, command] of STEPS) {
    process.stdout.write(`${style.bold(`# ${says}`)}\n${style.cyan(`$ memattr ${command}`)}\n\n`);
    const status = await main(command.split(' '));
    if (status > 1) process.exitCode = status;
    process.stdout.write('\n');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await demo();
