/** Small files of which much comes out. */
import { gzipSync } from 'node:zlib';

const MEMBER = 2 ** 24;

/** gzip members one after the other (RFC 1952, 2.2), each of 16 MiB of zeros. */
export function gzipOfZeros(bytes: number): Uint8Array {
  const member = gzipSync(new Uint8Array(MEMBER), { level: 9 });
  return Buffer.concat(Array.from({ length: bytes / MEMBER }, () => member));
}

/** zstd's RLE blocks (RFC 8878, 3.1.1.2): four bytes say 128 KiB. The window is 1 MiB. */
export function zstdOfZeros(bytes: number): Uint8Array {
  const BLOCK = 2 ** 17;
  const count = bytes / BLOCK;
  const out = Buffer.alloc(6 + 4 * count);
  out.writeUInt32LE(0xfd2f_b528, 0); // magic
  out[5] = 10 << 3; // window: 2^(10 + 10)
  for (let i = 0; i < count; i++) {
    const last = i === count - 1 ? 1 : 0;
    out.writeUIntLE((BLOCK << 3) | (1 << 1) | last, 6 + 4 * i, 3); // a block of one byte, repeated
  }
  return out;
}

/** `head -c 1G /dev/zero | xz -9e | xz -9e`. */
export const XZ_OF_XZ_OF_ZEROS: Uint8Array = Buffer.from(
  [
    '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4mKbAftdAH6Ny0WC5oM4+eHt0vlHXxXkfjN8w/5/SNSTgF1OpCUK3qZsGF7NAHVn8UGH',
    'RT7aVOCGliS0CM4sagdCC9rYTyqXEikUQV+uUnIuc4xIfAA+ftmOe9IyfMZ5tipP5Y0kKij65aQxEdJLaOdKUlGvS8SLN3c6k8kO',
    'fxvHKdiQvst+/M+Pmu/jymf6hzDhSIlXjJlPUBzCfGVZPuzkBVIRas7i3/eoHUnyFDwQTTjTgSf06MW/r/6Dk7YiuKLlmN8gCGQK',
    'AsXehNvr+WnC8nyOi+BpZoqPrPDV7ejHIsN7RtFpER3FgE/d5Ow99leiH4pU5gswCtBoc9yWpWf1Krk26BwhKQ6ld+xvTAUNLubc',
    'cfX7FJrsq7KUZABnUF7W3uW0p6dlSvCDSQMPtxjB7nOZLL95a1aW74vvESQ5afS8JwdNWe0SqRBbGnyJeOJfoP6ILRu1fSW4jJc1',
    'DqGcq/BkORmCHbJJRX7j11hObBKiE8dAe+gcQlpiSuwWEyfF26JZF1GFu6SQni0m/TjAdsqmY2BKKEm3epjQAPScfdcaQw4Efj6J',
    'cFvq+PxNANBHQ/xF0ck+DXZE14wObAGBe5Fjy4Dt61OXKdVbbdUn4hwb8nEZrXcyjHoJatSqQTAlM6/JWCRSg99zNfztUXNJOveC',
    'bU0agPHf7chMzzPHAAAA4d8rA0ArCyQAAZcEnMUJABjlhoexxGf7AgAAAAAEWVo=',
  ].join(''),
  'base64',
);
