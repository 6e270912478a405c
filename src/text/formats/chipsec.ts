/**
 * chipsec: its log of a paging walk, and the file it saves (`ept_%08x.py`): three Python dict literals, one per line,
 * read by a tokenizer here. chipsec itself evaluates them; nothing is ever evaluated here.
 *
 *               PTE   : 0000012345000 - 4KB PAGE  XWR WB                GPA: 0000012345000
 *     {4096: {'addr': 305418240, 'size': '4KB', 'attr': 'XWR WB'}, …}
 *     {305397760: 'pml4', …}
 */
import type { Line } from '../lines.ts';
import type { Attributes, Level, Range } from '../model.ts';
import { big, known, type Reader, type Recogniser, recogniser, type Sink } from '../recogniser.ts';

const SIZE: Readonly<Record<string, bigint>> = {
  '4KB': 0x1000n,
  '2MB': 0x20_0000n,
  '4MB': 0x40_0000n,
  '1GB': 0x4000_0000n,
};
const LEVEL: Readonly<Record<string, number>> = { PTE: 1, PDE: 2, PDPTE: 3, PML4E: 4 };

/** `XWR WB` of EPT, `W U` of ordinary paging. */
function attributesOf(
  text: string,
  line: Line,
  out: Sink,
): { ept: boolean; attributes: Attributes } | undefined {
  const ept = /^([X-])([W-])([R-]) (UC|WC|WT|WP|WB|UC-|02|03)$/.exec(text);
  if (ept) {
    const type = ept[4] ?? '';
    if (type === 'UC-' || /\d/.test(type))
      out.trouble(`memory type "${type}" is a reserved encoding in an EPT entry`, line);
    return {
      ept: true,
      attributes: { valid: true, execute: ept[1] === 'X', write: ept[2] === 'W', read: ept[3] === 'R', type },
    };
  }
  const page = /^([RW]) ?([SU])$/.exec(text);
  if (!page) return undefined;
  return { ept: false, attributes: { valid: true, write: page[1] === 'W', user: page[2] === 'U' } };
}

const ONE_OF_512 = 'chipsec keeps one of 512 equal entries of a table: ranges may be missing';

export const chipsecLog = recogniser<{ ept: boolean }>({
  id: 'chipsec.log',
  title: 'chipsec page tables',
  arch: 'x86',
  map: { holes: true },
  state: () => ({ ept: false }),
  rows: [
    {
      like: /^ {2,16}(PML4E|PDPTE|PDE|PTE) {0,4}: ([0-9A-F]{13,16}) - (1GB|2MB|4KB) PAGE {2}(\S.{0,20}?)\s{1,60}(?:(?:GPA|VA): ([0-9A-F]{13,16})|(1:1 mapping))$/,
      proof: 1,
      read: (m, { line, out }) => {
        const said = attributesOf(m[4] ?? '', line, out);
        if (!said) return false;
        const output = big(m[2]);
        const start = m[5] === undefined ? output : big(m[5]);
        const size = SIZE[m[3] ?? ''] ?? 0x1000n;
        const name = m[1] ?? '';
        out.assume(ONE_OF_512, line);
        out.put(
          line,
          known<Range>({
            is: 'range',
            space: said.ept ? 'gpa' : 'va',
            start,
            end: start + size,
            output,
            pageSize: size,
            level: known<Level>({ name, number: LEVEL[name] }),
            regime: { family: said.ept ? 'x86.ept' : 'x86.pte' },
            attributes: said.attributes,
            words: [m[4] ?? ''],
          }),
        );
        return true;
      },
    },
    {
      like: /^ {2,4}(EPTP|CR3P|CR3) {0,4}: ([0-9A-F]{13,16})$/,
      proof: 1,
      read: (m, { line, out }) => out.put(line, { is: 'fact', name: 'root', value: big(m[2]) }),
    },
    { like: /^ {4,16}(?:PML4E|PDPTE|PDE) {0,4}: [0-9A-F]{13,16}$/, proof: 1 },
    { like: /^ {0,4}\[paging\] |^\[paging\] /, proof: 0.9 },
    { like: /^ {4}0x[0-9A-F]{13} - 0x[0-9A-F]{13} {1,10}\d{1,12} {2}\S/, proof: 0.9 },
    { like: /^ {4}0x[0-9A-F]{13} {2}(?:pml4|pdpt|pd|pt)$/, proof: 0.9 },
  ],
});

// ------------------------------------------------------------------------------------------------ saved dictionaries

/** An entry is shorter than this; what is longer without being one is not a chipsec file. */
const CARRY = 1024;
const PAGE = /(\d{1,20})L?: ?\{([^{}]{1,200})\}/y;
const TABLE = /(\d{1,20})L?: ?'(pml4|pdpt|pd|pt|root|context)'/y;
const FIELD = /'(addr|size|attr)': ?(?:(\d{1,20})L?|'([^']{0,40})')/g;

class DictReader implements Reader {
  readonly #out: Sink;
  #text = '';
  #number = 0;
  /** Which of the three dictionaries: the second level's translations, the translations, the tables. */
  #dict = -1;
  #lost = false;

  constructor(out: Sink) {
    this.#out = out;
  }

  line(line: Line, trusted: boolean): boolean {
    if (!trusted) return false;
    if (line.number !== this.#number) {
      if (!/^\s{0,8}\{/.test(line.text) && line.piece !== 'more') return false;
      this.#finish(line);
      this.#number = line.number;
      this.#dict++;
      this.#text = '';
    }
    this.#text += line.piece === undefined ? line.text : `${line.text} `;
    this.#read(line);
    return true;
  }

  #read(line: Line): void {
    const text = this.#text;
    let at = 0;
    for (;;) {
      while (at < text.length && ' ,{\t'.includes(text[at] as string)) at++;
      PAGE.lastIndex = at;
      const page = PAGE.exec(text);
      if (page) {
        this.#page(page, line);
        at = PAGE.lastIndex;
        continue;
      }
      TABLE.lastIndex = at;
      const table = TABLE.exec(text);
      if (!table) break;
      if (table[2] === 'pml4')
        this.#out.put(line, { is: 'fact', name: 'root', value: BigInt(table[1] ?? 0) });
      at = TABLE.lastIndex;
    }
    this.#text = text.slice(at);
    if (this.#text.length > CARRY + 16_384) {
      this.#lost = true;
      this.#text = '';
    } else if (this.#text.length > CARRY) {
      this.#lost = true;
      // Go on behind the next comma: one bad entry must not cost the file.
      const next = this.#text.indexOf(', ', 1);
      this.#text = next < 0 ? '' : this.#text.slice(next + 2);
      if (next >= 0) this.#read(line);
    }
  }

  #page(m: RegExpExecArray, line: Line): void {
    const fields = new Map<string, string>();
    for (const [, key = '', number, text] of (m[2] ?? '').matchAll(FIELD))
      fields.set(key, number ?? text ?? '');
    const size = SIZE[fields.get('size') ?? ''];
    const address = fields.get('addr') ?? '';
    if (size === undefined || !/^\d+$/.test(address)) {
      this.#out.trouble('a dictionary entry without size and address was left out', line);
      return;
    }
    const start = BigInt.asUintN(64, BigInt(m[1] ?? 0));
    const attr = fields.get('attr') ?? '';
    const said = attributesOf(attr, line, this.#out);
    const second = this.#dict === 0;
    this.#out.assume(ONE_OF_512, line);
    this.#out.put(
      line,
      known<Range>({
        is: 'range',
        space: second || said?.ept === true ? 'gpa' : 'va',
        start,
        end: start + size,
        output: BigInt.asUintN(64, BigInt(address)),
        pageSize: size,
        regime: said === undefined ? undefined : { family: said.ept ? 'x86.ept' : 'x86.pte' },
        attributes: said?.attributes,
        words: attr === '' ? undefined : [attr],
        under: second ? 'second-level translation' : 'translation',
      }),
    );
  }

  #finish(line?: Line): void {
    if (this.#lost || (this.#number > 0 && !/^\}?\s*$/.test(this.#text)))
      this.#out.trouble('part of a dictionary was not understood and left out', line);
    this.#lost = false;
  }

  end(): void {
    this.#finish();
  }
}

export const chipsecDict: Recogniser = {
  id: 'chipsec.dict',
  title: 'chipsec saved page tables (ept_*.py)',
  arch: 'x86',
  map: { holes: true },
  score: lines => {
    const first = lines.find(({ text }) => text !== '');
    if (!first || !/^\s{0,8}\{/.test(first.text)) return 0;
    const typical = lines.some(({ text }) =>
      /\d{1,20}L?: ?\{'(?:addr|size|attr)': ?/.test(text.slice(0, 4096)),
    );
    const tables = lines.some(({ text }) => /\d{1,20}L?: ?'(?:pml4|pdpt)'/.test(text.slice(0, 4096)));
    return typical ? 0.98 : tables ? 0.9 : 0;
  },
  reader: out => new DictReader(out),
};
