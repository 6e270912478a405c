/** Where an answer changes with the output address alone (an MTRR), asked of the rules once per gigabyte. */
import { firstNot } from '../bits/search.ts';
import type { Frame } from '../image/frames.ts';
import type { EffectiveRules } from '../walk/effective.ts';

interface Segment {
  /** Frame behind the last one. */
  readonly until: Frame;
  readonly key: string;
}

const WINDOW = 2 ** 18;
const WINDOWS_KEPT = 4096;

export class MtrrRuns {
  readonly #rules: EffectiveRules;
  readonly #windows = new Map<number, readonly Segment[]>();
  /** Nothing but the leaves has a say. */
  readonly #constant: boolean;

  constructor(rules: EffectiveRules) {
    this.#rules = rules;
    const [first, ...rest] = rules.runs(0, WINDOW);
    this.#constant = rest.length === 0 && first?.key === '';
  }

  /** The key at a frame, and up to which frame it holds at least. */
  at(frame: Frame): Segment {
    if (this.#constant) return ALWAYS;
    const window = Math.floor(frame / WINDOW);
    let segments = this.#windows.get(window);
    if (!segments) {
      if (this.#windows.size >= WINDOWS_KEPT) this.#windows.clear();
      let until = window * WINDOW;
      segments = this.#rules.runs(until, WINDOW).map(({ frames, key }) => {
        until += frames;
        return { until, key };
      });
      this.#windows.set(window, segments);
    }
    const found = segments;
    return segments[firstNot(found.length, i => (found[i] as Segment).until <= frame)] ?? ALWAYS;
  }
}

const ALWAYS: Segment = { until: 2 ** 52, key: '' };
