/** What a reader has to say about an image: one error class, and remarks that stand beside an answer. */
import { hex } from '../bits/word.ts';

/**
 * The image cannot be read at all. The message is one sentence that names the file, the offset where the trouble lies
 * (where there is one) and what was found.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  /** The file, as the caller named it. */
  readonly file: string;
  /** Byte offset in the file (or in its decompressed contents) where the trouble lies. */
  readonly offset: number | undefined;

  constructor(file: string, problem: string, offset?: number, cause?: unknown) {
    super(`${file}: ${offset === undefined ? '' : `at offset ${hex(offset)}: `}${problem}`, { cause });
    this.file = file;
    this.offset = offset;
  }
}

/** Whether a program went wrong and not the data: decoders complain of data with errors of their own, never of what a name or a value is. */
export const isOurs = (cause: unknown): boolean =>
  cause instanceof TypeError || cause instanceof ReferenceError;

/** Something that was skipped, corrected, cut or assumed while the image was read; the rest of it is answered. */
export interface Remark {
  /** Stable name of the kind of remark, for example `truncated`. */
  readonly id: string;
  /** `warning`: the answer misses something or rests on a correction. `note`: worth knowing, nothing is lost. */
  readonly severity: 'note' | 'warning';
  readonly text: string;
  /** Byte offset in the file, where there is one. */
  readonly offset?: number;
}

/**
 * Remarks that say that something of the file is lost: it is cut or damaged, or holds more than is read. Others tell of corrections that the file
 * bears out, and of what was never in it.
 */
const LOSSES: ReadonlySet<string> = new Set([
  ...['truncated', 'damaged', 'compression', 'output-limit', 'may-be-displaced'],
  ...['notes', 'note-size', 'note-end', 'phnum', 'segments', 'runs', 'pieces', 'ranges', 'bitmap'],
  ...['files', 'unreadable-file', 'lost-links'],
  ...['incomplete', 'page-descriptor', 'page-data', 'chunk-data', 'reader'],
]);

/** Whether something of the file is lost: even an answer that did not need it is then not one of a whole image. */
export const isLoss = ({ id }: Remark): boolean => LOSSES.has(id);

/** How many remarks of one kind are kept word for word; further ones are only counted. */
const KEPT_PER_KIND = 8;

/** Collects remarks in bounded memory, whatever a hostile file provokes. */
export class Remarks {
  readonly #kept: Remark[] = [];
  readonly #counts = new Map<string, number>();
  #inner: Remarks | undefined;

  add(severity: Remark['severity'], id: string, text: string, offset?: number): void {
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count <= KEPT_PER_KIND)
      this.#kept.push({ id, severity, text, ...(offset === undefined ? {} : { offset }) });
  }

  note(id: string, text: string, offset?: number): void {
    this.add('note', id, text, offset);
  }

  warn(id: string, text: string, offset?: number): void {
    this.add('warning', id, text, offset);
  }

  /** List the remarks of an inner reader behind these, as they will be by then. */
  followedBy(inner: Remarks): this {
    this.#inner = inner;
    return this;
  }

  /** The remarks so far, the kinds that were cut short followed by one line that says how many more there were. */
  list(): Remark[] {
    const more = [...this.#counts]
      .filter(([, count]) => count > KEPT_PER_KIND)
      .map(([id, count]): Remark => {
        const severity = this.#kept.find(remark => remark.id === id)?.severity ?? 'note';
        return { id, severity, text: `and ${count - KEPT_PER_KIND} more remarks of the kind “${id}”` };
      });
    return [...this.#kept, ...more, ...(this.#inner?.list() ?? [])];
  }
}
