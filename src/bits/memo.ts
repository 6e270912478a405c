/** The names that a settings object has, asked for as if they were a setting. */
const NAMES = Symbol('names');
type Question = PropertyKey;

/** What is known so far: what was made, or the setting to look at next and what its values lead to. */
type Known<T> =
  | { readonly made: T }
  | { readonly question: Question; readonly answers: Map<unknown, Known<T>> };

/** What a settings object says to a question. */
function answer(settings: object, question: Question): unknown {
  if (question === NAMES) return Reflect.ownKeys(settings).map(String).join(' ');
  return Reflect.get(settings, question);
}

/**
 * Remember what was made for settings, and share it between all settings that agree in what `make` looked at. Layouts and
 * tables are made once per configuration, however many words are read with it.
 *
 * Nobody lists what a layout depends on: `make` is given a view of the settings that notes what it reads, in order. The
 * value of one setting may decide which is read next, so what was made stands at the end of a path of settings and values,
 * and is found again by asking the same way. `make` must depend on nothing but the settings, and must not keep them: what
 * it reads after it has returned is a TypeError.
 */
export function perSettings<S extends object, T>(make: (settings: S) => T): (settings: S) => T {
  const byObject = new WeakMap<S, T>(); // the common case: one object, millions of words
  let root: Known<T> | undefined;

  function find(settings: S): T {
    let known = root;
    while (known && 'question' in known) known = known.answers.get(answer(settings, known.question));
    if (known) return known.made;
    const [made, read] = recorded(make, settings);
    root = grown(root, [...read], made);
    return made;
  }

  return settings => {
    let made = byObject.get(settings);
    if (made === undefined) {
      made = find(settings);
      byObject.set(settings, made);
    }
    return made;
  };
}

/** What `make` makes, and what it read of the settings, in the order of first reading. */
function recorded<S extends object, T>(
  make: (settings: S) => T,
  settings: S,
): readonly [made: T, read: ReadonlyMap<Question, unknown>] {
  const read = new Map<Question, unknown>();
  const note = (question: Question): void => {
    if (!read.has(question)) read.set(question, answer(settings, question));
  };
  const { proxy, revoke } = Proxy.revocable(settings, {
    get(_, name) {
      note(name);
      return read.get(name);
    },
    has(_, name) {
      note(NAMES);
      return Reflect.has(settings, name);
    },
    ownKeys() {
      note(NAMES);
      return Reflect.ownKeys(settings);
    },
    getOwnPropertyDescriptor(_, name) {
      note(NAMES);
      note(name);
      return Reflect.getOwnPropertyDescriptor(settings, name);
    },
  });
  try {
    return [make(proxy), read];
  } finally {
    revoke();
  }
}

/** The same with one more path; where it begins like a known one, it asks the same. */
function grown<T>(
  known: Known<T> | undefined,
  path: readonly (readonly [Question, unknown])[],
  made: T,
): Known<T> {
  const [step, ...rest] = path;
  if (!step) return { made };
  const [question, value] = step;
  const asked = known && 'question' in known && known.question === question;
  const answers = asked ? known.answers : new Map<unknown, Known<T>>();
  answers.set(value, grown(answers.get(value), rest, made));
  return { question, answers };
}
