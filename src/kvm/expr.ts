/**
 * Conditions as text: `VM_PFNMAP & kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap`.
 *
 * The eras, the derived facts and the properties that people search for are all written in this one language, so a
 * condition can be printed, asked which facts it reads, and evaluated, and is never a function that hides its meaning.
 *
 *   expr := or ('->' expr)?      implication, right associative
 *   or   := and ('|' and)*       also: or
 *   and  := not ('&' not)*       also: and
 *   not  := '!' not | '(' expr ')' | name | name '=' value | name '!=' value | 'true' | 'false'      also: not
 */

/** A fact is a yes/no or one of a few named values. */
export type Value = boolean | string;
export type Env = Readonly<Record<string, Value>>;

export type Node =
  | { readonly op: 'const'; readonly value: boolean }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: '='; readonly name: string; readonly value: string; readonly negated: boolean }
  | { readonly op: '!'; readonly of: Node }
  | { readonly op: '&' | '|' | '->'; readonly left: Node; readonly right: Node };

export class ExprError extends Error {
  constructor(message: string, text: string) {
    super(`${message} in the condition '${text}'`);
    this.name = 'ExprError';
  }
}

// A name may contain '-', '.' and '/' inside (`no-page`, `read.type`) but never ends in '-', so `a->b` splits as it should.
const TOKEN = /\s*(->|=>|!=|==|&&|\|\||[()!&|=]|[A-Za-z0-9_](?:[A-Za-z0-9_./]|-(?!>))*)/y;
const WORDS: Record<string, string> = {
  and: '&',
  or: '|',
  not: '!',
  '&&': '&',
  '||': '|',
  '==': '=',
  '=>': '->',
};

function tokens(text: string): string[] {
  const out: string[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      if (text.slice(at).trim() !== '') throw new ExprError(`cannot read '${text.slice(at).trim()}'`, text);
      return out;
    }
    const word = found[1] as string;
    out.push(WORDS[word] ?? word);
  }
}

export function parse(text: string): Node {
  const words = tokens(text);
  let at = 0;
  const peek = () => words[at];
  const eat = (word: string): boolean => {
    if (words[at] !== word) return false;
    at++;
    return true;
  };
  const name = (): string => {
    const word = words[at++];
    if (word === undefined) throw new ExprError('something is missing at the end', text);
    if (!/^[A-Za-z0-9_]/.test(word)) throw new ExprError(`expected a name, found '${word}'`, text);
    return word;
  };
  const unary = (): Node => {
    if (eat('!')) return { op: '!', of: unary() };
    if (eat('(')) {
      const inner = whole();
      if (!eat(')')) throw new ExprError("a ')' is missing", text);
      return inner;
    }
    const word = name();
    if (word === 'true' || word === 'false') return { op: 'const', value: word === 'true' };
    if (peek() === '=' || peek() === '!=') {
      const negated = words[at++] === '!=';
      return { op: '=', name: word, value: name(), negated };
    }
    return { op: 'name', name: word };
  };
  const chain = (op: '&' | '|', next: () => Node) => (): Node => {
    let left = next();
    while (eat(op)) left = { op, left, right: next() };
    return left;
  };
  const or = chain('|', chain('&', unary));
  const whole = (): Node => {
    const left = or();
    return eat('->') ? { op: '->', left, right: whole() } : left;
  };
  const node = whole();
  if (at < words.length) throw new ExprError(`'${words[at]}' is one word too many`, text);
  return node;
}

/** The facts a condition reads, in the order of reading. */
export function namesIn(node: Node, into: Set<string> = new Set()): Set<string> {
  if (node.op === 'name' || node.op === '=') into.add(node.name);
  else if (node.op === '!') namesIn(node.of, into);
  else if (node.op !== 'const') {
    namesIn(node.left, into);
    namesIn(node.right, into);
  }
  return into;
}

export interface FactSpec {
  /** The values that it can have; omitted for a yes/no. */
  readonly values?: readonly string[];
  readonly means: string;
  /** A condition over other facts: the fact is derived and never given. */
  readonly is?: string;
}

export type Facts = Readonly<Record<string, FactSpec>>;

export interface Condition {
  readonly text: string;
  /** Facts as written, derived ones included. */
  readonly names: readonly string[];
  /** Given facts on which it depends in the end. */
  readonly reads: readonly string[];
  readonly holds: (env: Env) => boolean;
}

/**
 * The words that conditions may use. A word that is not declared, or a value that a fact cannot have, is an error when
 * the condition is compiled, which for the eras is when the module loads.
 */
export class Vocabulary {
  readonly facts: Facts;
  readonly #derived = new Map<string, Condition>();
  constructor(facts: Facts) {
    this.facts = facts;
    for (const [name, { is }] of Object.entries(facts))
      if (is !== undefined) this.#derived.set(name, this.compile(is));
  }

  /** `locals`: variables that a policy set before this row. */
  compile(text: string, locals: ReadonlySet<string> = new Set()): Condition {
    const node = parse(text);
    const names = [...namesIn(node)];
    const reads = new Set<string>();
    for (const name of names) {
      if (locals.has(name)) continue;
      if (this.facts[name] === undefined)
        throw new ExprError(`unknown name '${name}' (known: ${Object.keys(this.facts).join(', ')})`, text);
      const derived = this.#derived.get(name);
      if (derived === undefined) {
        if (this.facts[name].is !== undefined)
          throw new ExprError(`'${name}' is used before it is defined`, text);
        reads.add(name);
      } else for (const read of derived.reads) reads.add(read);
    }
    return { text, names, reads: [...reads], holds: this.#closure(node, text, locals) };
  }

  /** The value of a fact or local, derived facts computed. */
  value(name: string, env: Env): Value {
    const derived = this.#derived.get(name);
    return derived === undefined ? (env[name] ?? false) : derived.holds(env);
  }

  #closure(node: Node, text: string, locals: ReadonlySet<string>): (env: Env) => boolean {
    switch (node.op) {
      case 'const':
        return () => node.value;
      case 'name': {
        const { name } = node;
        const spec = locals.has(name) ? undefined : this.facts[name];
        if (spec?.values !== undefined)
          throw new ExprError(
            `'${name}' is not a yes/no; compare it with one of ${spec.values.join(', ')}`,
            text,
          );
        const derived = locals.has(name) ? undefined : this.#derived.get(name);
        return derived === undefined ? env => env[name] === true : derived.holds;
      }
      case '=': {
        const { name, value, negated } = node;
        const values = this.facts[name]?.values;
        if (values === undefined)
          throw new ExprError(`'${name}' is a yes/no; write ${name} or !${name}`, text);
        if (!values.includes(value))
          throw new ExprError(`'${name}' is never '${value}' (only ${values.join(', ')})`, text);
        return negated ? env => env[name] !== value : env => env[name] === value;
      }
      case '!': {
        const of = this.#closure(node.of, text, locals);
        return env => !of(env);
      }
      default: {
        const left = this.#closure(node.left, text, locals);
        const right = this.#closure(node.right, text, locals);
        if (node.op === '&') return env => left(env) && right(env);
        if (node.op === '|') return env => left(env) || right(env);
        return env => !left(env) || right(env);
      }
    }
  }
}
