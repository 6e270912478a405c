/**
 * Does decoding answer any word? Random words over every format under random settings: reading, decoding, checking and
 * describing must never throw, and `patch(w, decode(w))` must be `w` again.
 *
 *     npx tsx bench/decode-any-word.ts                          # a million words, shared by all families
 *     npx tsx bench/decode-any-word.ts --words 1e8 --seed 2     # the long run
 *     npx tsx bench/decode-any-word.ts --family arm64.stage2    # one family only (a prefix of its name)
 *
 * The same seed gives the same words and settings. Exit 1 if any word failed; the first failures are printed.
 */
import { parseArgs } from 'node:util';
import { families } from '../src/arch/families.ts';
import { check, decode, patch } from '../src/bits/codec.ts';
import { describe } from '../src/bits/describe.ts';
import type { Family } from '../src/bits/family.ts';
import { hexWord, join } from '../src/bits/word.ts';
import { type AnySettings, anySettings, random32 } from '../test/support/any-settings.ts';

const { values: options } = parseArgs({
  options: {
    words: { type: 'string', default: '1e6' },
    seed: { type: 'string', default: '1' },
    family: { type: 'string', default: '' },
    /** Words per random settings object: layouts are made once per settings, so this decides how many are made. */
    batch: { type: 'string', default: '1000' },
  },
});
const total = Number(options.words);
const batch = Number(options.batch);
const chosen = families.filter(family => family.id.startsWith(options.family));
if (!(total > 0) || !(batch > 0) || chosen.length === 0) {
  console.error('usage: decode-any-word [--words 1e6] [--seed 1] [--batch 1000] [--family PREFIX]');
  process.exit(2);
}

/** Half of the words are anything; the others are sparse, dense, or like an entry: few high bits, one low byte. */
function anyWord(next: () => number): bigint {
  const dice = next() & 7;
  const word = join(next(), next());
  if (dice < 4) return word;
  if (dice === 4) return word & join(next(), next()) & join(next(), next());
  if (dice === 5) return word | join(next(), next()) | join(next(), next());
  return (word & 0x0000_00ff_ffff_ffffn) | (BigInt(next() & 0xff) << 52n) | 1n;
}

interface Tally {
  words: number;
  failed: number;
  readonly kinds: Map<string, number>;
  findings: number;
  seconds: number;
}
const examples: string[] = [];

/** One word through everything that people can ask of it. */
function judge(family: Family, word: bigint, settings: AnySettings, tally: Tally): void {
  const reading = family.read(word, settings);
  const { format } = reading;
  const fields = decode(format, word);
  if (patch(format, word, fields) !== word) throw new Error('patch(w, decode(w)) is not w');
  if (reading.raw !== word) throw new Error('the reading does not keep the word');
  if (describe(format, word).length !== format.rows.length) throw new Error('describe left a row out');
  tally.findings += reading.findings.length + check(format, word).length;
  tally.kinds.set(reading.kind, (tally.kinds.get(reading.kind) ?? 0) + 1);
}

function run(family: Family, words: number, next: () => number): Tally {
  const tally: Tally = { words: 0, failed: 0, kinds: new Map(), findings: 0, seconds: 0 };
  const started = process.cpuUsage();
  while (tally.words < words) {
    const settings = anySettings(family.settings, next);
    for (let n = Math.min(batch, words - tally.words); n > 0; n--) {
      const word = anyWord(next);
      tally.words++;
      try {
        judge(family, word, settings, tally);
      } catch (error) {
        tally.failed++;
        if (examples.length < 20)
          examples.push(
            `${family.id} ${hexWord(word)} ${Object.entries(settings)
              .map(([key, value]) => `${key}=${value}`)
              .join(' ')}: ${(error as Error).message}`,
          );
      }
    }
  }
  const { user, system } = process.cpuUsage(started);
  tally.seconds = (user + system) / 1e6;
  return tally;
}

const next = random32(Number(options.seed));
let words = 0;
let failed = 0;
let seconds = 0;
for (const family of chosen) {
  const tally = run(family, Math.ceil(total / chosen.length), next);
  words += tally.words;
  failed += tally.failed;
  seconds += tally.seconds;
  const kinds = [...tally.kinds].map(
    ([kind, count]) => `${kind} ${((100 * count) / tally.words).toFixed(1)} %`,
  );
  console.log(
    `${family.id}: ${tally.words} words, ${tally.failed} failed, ${tally.findings} findings, ${Math.round(tally.words / tally.seconds / 1000)} k/s (${kinds.join(', ')})`,
  );
}
for (const example of examples) console.log(`  ${example}`);
console.log(
  `total: ${words} words over ${chosen.length} families, ${failed} failed, ${seconds.toFixed(1)} s of CPU, seed ${options.seed}`,
);
process.exitCode = failed > 0 ? 1 : 0;
