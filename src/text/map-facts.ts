/**
 * What is known of a format that lists where addresses lead, beyond what a text of it says: it stands on the recogniser's
 * row, so that `compare/` can hold such a text against a walk without knowing any tool by name.
 */
import type { Attributes, Fact } from './model.ts';

/** Which addresses such a text speaks of, and how its words are meant. Nothing said: the tool prints every mapping whole. */
export interface MapFacts {
  /** Holes are listed too: what no line speaks of was not printed, which says nothing. */
  readonly holes?: true;
  /** Rights are those after the tables above. */
  readonly combined?: true;
  /** Attributes that the tool prints but that a leaf does not determine. */
  readonly not?: readonly (keyof Attributes)[];
  /** Where it leads is where the last stage leads. */
  readonly throughBoth?: true;
  /** What a line with attributes says by leaving a word out. */
  readonly unsaid?: Attributes;
  /** Sizes in bytes that the reader gives to large pages where the tool prints none: which one it is depends on the paging mode. */
  readonly guessedSizes?: readonly bigint[];
  /** The tool walks whatever tables it is given, and does not say whose addresses it translates. */
  readonly ofAnyAddresses?: true;
  /** The tool lists the tables that a register gives when it is asked: which tool, which register. */
  readonly lists?: { readonly tool: string; readonly rootOf: string };
  readonly habits?: readonly Habit[];
}

/** A known gap or habit of a tool, which makes a difference that is none in memory. */
export type Habit = {
  /** In a whole sentence, as people read it beside the difference. */
  readonly because: string;
} & (
  | {
      /** Addresses in bytes, end exclusive, of which the tool lists nothing. */
      readonly leavesOut: { readonly start: bigint; readonly end: bigint };
      /** Only where the text states this fact. */
      readonly where?: Fact['name'];
    }
  | {
      /** The one attribute in which text and memory differ: what memory says, and the tool's word for it. */
      readonly says: {
        readonly [Name in keyof Attributes]?: readonly [memory: string, tool: string];
      };
    }
);
