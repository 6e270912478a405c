/** An input that nobody could mean: contradictory, unknown, or incomplete. The command line prints it and exits with 2. */
export class KvmInputError extends Error {
  /** What would have been valid, as data. */
  readonly valid: readonly string[];
  constructor(message: string, valid: readonly string[] = []) {
    super(message);
    this.name = 'KvmInputError';
    this.valid = valid;
  }
}

/** `none of these is X` with the list and, when one is close, a suggestion. */
export function unknownName(what: string, got: string, valid: readonly string[]): KvmInputError {
  const near = valid.find(
    v => v.toLowerCase() === got.toLowerCase() || v.toLowerCase().startsWith(got.toLowerCase()),
  );
  return new KvmInputError(
    `unknown ${what} '${got}'${near === undefined ? '' : ` (did you mean ${near}?)`}; valid: ${valid.join(', ')}`,
    valid,
  );
}
