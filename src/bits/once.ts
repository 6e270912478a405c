/** Made when it is first asked for: what most commands never need costs none of them anything. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
