/**
 * Every input address of a physical page in one address space, through every stage: what leads there, and what an access
 * that takes this way gets. Ways that say the same are folded where there are many.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { addressOf, type Frame, frameAt, inPageAt } from '../image/frames.ts';
import { type AddressMap, patternKey } from './map.ts';
import { type OutputRanges, ReverseIndex } from './rmap.ts';
import type { Space } from './space.ts';
import { type AddressAnswer, answerFor } from './translated.ts';

/** One way to a page, or many that say the same. */
export interface PageAlias {
  readonly space: Space;
  /** The input address, bytes; the lowest of several. */
  readonly input: bigint;
  /** How many input addresses: more than 1 where they are folded, with the highest of them. */
  readonly count: number;
  readonly last?: bigint;
  /** Bytes from each of them to the next, where that is always the same. */
  readonly stride?: bigint;
  /** What an access at `input` meets, level by level; the others differ in the tables above the leaf at most. */
  readonly answer: AddressAnswer;
}

/** More ways than this that say the same are folded into one. */
export const LISTED = 8;

/** Ranges from input to the last stage's output, each with the ranges of the stages behind it. */
interface Ways extends OutputRanges {
  /** What the range says, as a key: equal for ways that say the same. */
  says(index: number): string;
}

/** A single stage: its ranges as they are. */
function oneStage({ first }: AddressMap): Ways {
  const { length, input, output, frames, kind } = first.leaves;
  return { length, input, output, frames, kind, says: index => patternKey(first, index) };
}

/** Two stages: the pieces that both map. */
function twoStages({ first, second, pieces }: Required<AddressMap>): Ways {
  const indices: number[] = [];
  for (let p = 0; p < pieces.length; p++) if ((pieces.second[p] as number) >= 0) indices.push(p);
  const input = new Float64Array(indices.length);
  const output = new Float64Array(indices.length);
  const frames = new Float64Array(indices.length);
  const middle = new Float64Array(indices.length);
  indices.forEach((p, n) => {
    const i = pieces.first[p] as number;
    const j = pieces.second[p] as number;
    const offset = pieces.offset[p] as number;
    input[n] = (first.leaves.input[i] as number) + offset;
    middle[n] = (first.leaves.output[i] as number) + offset;
    output[n] =
      (second.leaves.output[j] as number) + (middle[n] as number) - (second.leaves.input[j] as number);
    frames[n] = pieces.frames[p] as number;
  });
  return {
    length: indices.length,
    input,
    output,
    frames,
    says: n => {
      const p = indices[n] as number;
      const pair = `${patternKey(first, pieces.first[p] as number)}|${patternKey(second, pieces.second[p] as number)}`;
      return `${pair}|${(middle[n] as number) - (output[n] as number)}`; // another IPA is another way
    },
  };
}

/** The index of one space, over its whole map; each page then costs what its answer costs. */
export class AliasIndex {
  readonly map: AddressMap;
  readonly #image: AddressSpace;
  readonly #ways: Ways;
  readonly #index: ReverseIndex;

  constructor(map: AddressMap, image: AddressSpace) {
    this.map = map;
    this.#image = image;
    const { space, first, second, pieces } = map;
    this.#ways = second && pieces ? twoStages({ space, first, second, pieces }) : oneStage(map);
    this.#index = new ReverseIndex(this.#ways);
  }

  /**
   * Every way to the page of a physical address, in the order of the input addresses. More than `LISTED` that say the
   * same are one, unless `all` asks for each.
   */
  find(address: bigint, all = false): PageAlias[] {
    const { space } = this.map;
    const groups = new Map<string, number[]>();
    for (const { index, input } of this.#index.find(frameAt(address))) {
      const key = this.#ways.says(index);
      const inputs = groups.get(key);
      if (inputs) inputs.push(input);
      else groups.set(key, [input]);
    }
    const offset = BigInt(inPageAt(address));
    const bytes = (frame: Frame): bigint => addressOf(frame) | offset;
    const image = this.#image;
    // the answer is asked for when somebody looks: there may be more aliases than anybody prints
    const alias = (frame: Frame, more: Omit<PageAlias, 'space' | 'input' | 'answer'>): PageAlias => {
      const input = bytes(frame);
      let answer: AddressAnswer | undefined;
      return {
        space,
        input,
        ...more,
        get answer() {
          answer ??= answerFor(space, image, input);
          return answer;
        },
      };
    };
    const found: PageAlias[] = [];
    for (const inputs of groups.values()) {
      inputs.sort((a, b) => a - b);
      if (all || inputs.length <= LISTED) {
        for (const frame of inputs) found.push(alias(frame, { count: 1 }));
        continue;
      }
      const stride = strideOf(inputs);
      found.push(
        alias(inputs[0] as number, {
          count: inputs.length,
          last: bytes(inputs.at(-1) as number),
          ...(stride === undefined ? {} : { stride: addressOf(stride) }),
        }),
      );
    }
    return found.sort((a, b) => (a.input < b.input ? -1 : 1));
  }
}

/** The distance between neighbours, where it is always the same. */
function strideOf(sorted: readonly number[]): number | undefined {
  const stride = (sorted[1] as number) - (sorted[0] as number);
  return sorted.every((frame, i) => i === 0 || frame - (sorted[i - 1] as number) === stride)
    ? stride
    : undefined;
}
