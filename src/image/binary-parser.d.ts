// binary-parser ships typings that its package.json "exports" hides from TypeScript's node resolution. This is what we use of it.
declare module 'binary-parser' {
  type Length = number | string | ((item: never) => number);
  export class Parser {
    endianness(endianness: 'little' | 'big'): this;
    uint8(name: string): this;
    uint16(name: string): this;
    uint32(name: string): this;
    int32(name: string): this;
    uint64(name: string): this;
    int64(name: string): this;
    seek(bytes: number): this;
    string(name: string, options: { length: Length; stripNull?: boolean }): this;
    nest(name: string, options: { type: Parser }): this;
    array(name: string, options: { type: Parser; length?: Length; readUntil?: 'eof' }): this;
    // biome-ignore lint/suspicious/noExplicitAny: the shape follows from the calls above; each caller states it
    parse(bytes: Uint8Array): any;
  }
}
