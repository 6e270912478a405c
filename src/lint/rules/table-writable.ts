import { arm, sdm } from '../../refs.ts';
import { lintRule, type PageUse, privileged, unprivileged, type Verdict } from '../rule.ts';

type Mapped = Extract<PageUse, { is: 'mapped' }>;
type Table = Extract<PageUse, { is: 'table' }>;

/** The second stage that a space's accesses go through; a second stage stands for its guest. */
const guestOf = ({ space }: PageUse): string | undefined =>
  space.candidate.regime.input === 'va' ? space.second?.candidate.name : space.candidate.name;

/** Are these the guest's own tables, in the guest's own memory? */
const isOwn = (table: Table, guest: string): boolean => table.space.second?.candidate.name === guest;

function judge(writer: Mapped, tables: readonly Table[]): Verdict | undefined {
  const name = writer.space.candidate.name;
  const guest = guestOf(writer);
  const user = unprivileged(writer.rights);
  const own = privileged(writer.rights);
  const say = (owners: readonly Table[], text: string, severity?: 'error'): Verdict => ({
    message: `translation tables of ${[...new Set(owners.map(({ space }) => space.candidate.name))].join(', ')}: ${text}`,
    uses: [writer],
    ...(severity ? { severity } : {}),
  });
  if (guest !== undefined) {
    const others = tables.filter(table => !isOwn(table, guest));
    if (others.length > 0 && (own?.w || user?.w))
      return say(others, `a guest may write them (${name})`, 'error');
    if (writer.space.candidate.regime.input !== 'va') return undefined; // its own memory
  }
  // a guest's tables are in memory that its host owns: virtual machine monitors may write all of it
  const owners = guest === undefined ? tables.filter(({ space }) => space.second === undefined) : tables;
  if (owners.length === 0) return undefined;
  if (user?.w) return say(owners, `writable at ${user.name} in ${name}`, 'error');
  return own?.w ? say(owners, `writable at ${own.name} in ${name}`) : undefined;
}

export const tableWritable = lintRule({
  id: 'table-writable',
  title: 'translation tables that are mapped writable',
  severity: 'note',
  explain:
    'A page that holds translation tables is itself mapped writable. Where user mode may write it, or a guest may write tables that are not its own (a host’s, another guest’s, its own second stage), whoever runs there can map all memory: an error. That the kernel’s direct map has its own tables writable is how Linux and most kernels work, and that a host at EL1 may write the tables of EL2 is so wherever the hypervisor trusts its host: a note, for those who meant to lock them.',
  refs: { arm64: [arm('section D8.2, Translation process')], x86: [sdm('section "Access Rights"')] },
  pages: uses => {
    const owners = uses.filter((use): use is Table => use.is === 'table');
    if (owners.length === 0) return undefined;
    return uses.flatMap(use => (use.is === 'mapped' ? (judge(use, owners) ?? []) : []));
  },
});
