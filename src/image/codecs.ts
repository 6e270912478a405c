/** Decoders for single blocks inside an image. Everything but zlib runs anywhere; zlib comes from whoever opens the image. */
import { decompress as unzstd } from 'fzstd';
import { snappyUncompressor } from 'hysnappy';
import { lzo1xDecompress } from './lzo.ts';

/** Decompress one block whose size is known. Throws (anything) where the block is damaged or has another size. */
export type BlockDecoder = (input: Uint8Array, size: number) => Uint8Array;

export interface Codecs {
  readonly zlib: BlockDecoder;
  readonly lzo: BlockDecoder;
  readonly snappy: BlockDecoder;
  readonly zstd: BlockDecoder;
}

export type CodecName = keyof Codecs;

/** The length that a snappy block states at its start (a base-128 number), or undefined where there is none. */
export function snappyLength(input: Uint8Array): number | undefined {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = input[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return undefined;
}

let snappyDecoder: BlockDecoder | undefined;

/** The library trusts the length in the block, so it is checked first. */
export function snappy(input: Uint8Array, size: number): Uint8Array {
  const length = snappyLength(input);
  if (length !== size) throw new Error(`the snappy block states ${length} bytes, not ${size}`);
  snappyDecoder ??= snappyUncompressor();
  return snappyDecoder(input, size);
}

function zstd(input: Uint8Array, size: number): Uint8Array {
  // The buffer bounds what comes out, whatever the frame promises.
  const out = unzstd(input, new Uint8Array(size));
  if (out.length !== size) throw new Error(`the zstd frame holds ${out.length} bytes, not ${size}`);
  return out;
}

/** Where no zlib was given, and one is needed. */
const noZlib: BlockDecoder = () => {
  throw new Error('no zlib decoder was given for this image');
};

export const withCodecs = (given: Partial<Codecs> = {}): Codecs => ({
  zlib: noZlib,
  lzo: lzo1xDecompress,
  snappy,
  zstd,
  ...given,
});
