/** A literal in a text: from its first quote to behind its last. */
interface Literal {
  readonly start: number;
  readonly end: number;
}

/**
 * The JSON text of an object with id and title, cut around these two: a text that is the same around them differs in
 * nothing else. So of ten thousand texts of a make one is parsed, and the others are compared.
 */
export class MakeText {
  readonly #before: string;
  readonly #between: string;
  readonly #after: string;
  readonly #isIdFirst: boolean;

  private constructor(text: string, id: Literal, title: Literal) {
    this.#isIdFirst = id.start < title.start;
    const [first, second] = this.#isIdFirst ? [id, title] : [title, id];
    this.#before = text.slice(0, first.start);
    this.#between = text.slice(first.end, second.start);
    this.#after = text.slice(second.end);
  }

  /** Cuts the text of an object, which is JSON; `undefined` where it does not have both of them, once and as plain texts. */
  static of(text: string): MakeText | undefined {
    const [id, ...otherIds] = literalsOf(text, 'id');
    const [title, ...otherTitles] = literalsOf(text, 'title');
    const isClear = otherIds.length === 0 && otherTitles.length === 0;
    return id && title && isClear ? new MakeText(text, id, title) : undefined;
  }

  /** The title in a text that has this id, and differs from this one in nothing else; `undefined` of any other text. */
  titleIn(text: string, id: string): string | undefined {
    const [before, between, after] = [this.#before, this.#between, this.#after];
    if (!text.startsWith(before)) return undefined;
    const first = plainLiteral(text, before.length);
    if (first === undefined || !text.startsWith(between, first.end)) return undefined;
    const second = plainLiteral(text, first.end + between.length);
    if (second === undefined || second.end + after.length !== text.length) return undefined;
    if (!text.endsWith(after)) return undefined;
    const [said, title] = this.#isIdFirst ? [first, second] : [second, first];
    return content(text, said) === id ? content(text, title) : undefined;
  }

  /** This text with another id and title. */
  with(id: string, title: string): string {
    const literals = [JSON.stringify(id), JSON.stringify(title)];
    const [first, second] = this.#isIdFirst ? literals : literals.toReversed();
    return `${this.#before}${first}${this.#between}${second}${this.#after}`;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const firstPrintable = 0x20;

/** The literal at a place, where one stands there that means what it shows; one with escapes is left to those who parse it. */
function plainLiteral(text: string, start: number): Literal | undefined {
  if (text.charCodeAt(start) !== quote) return undefined;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return { start, end: at + 1 };
    if (code === backslash || code < firstPrintable) return undefined;
  }
  return undefined;
}

const content = (text: string, { start, end }: Literal) => text.slice(start + 1, end - 1);

/** Strings, and what opens and closes: all that a text must be told apart by to know how deep it is. */
const tokens = () => /"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/** The values of the outermost members of that name; none where one of them is no plain text. */
function literalsOf(text: string, name: string): readonly Literal[] {
  const found: Literal[] = [];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(tokens())) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1) {
      const value = valueAfter(text, index + token.length);
      if (value === undefined || JSON.parse(token) !== name) continue;
      const literal = plainLiteral(text, value);
      if (literal === undefined) return [];
      found.push(literal);
    }
  }
  return found;
}

/** Where the value of a member begins whose name ends there; `undefined` where that was no name. */
function valueAfter(text: string, end: number): number | undefined {
  const colon = skipSpace(text, end);
  return text[colon] === ':' ? skipSpace(text, colon + 1) : undefined;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? '.')) at++;
  return at;
}
