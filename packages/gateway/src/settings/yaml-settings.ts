import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { quote } from './kinds.ts';
import type { SettingMistake } from './settings-error.ts';
import { suggest } from './suggest.ts';
import { type SettingName, settingRows } from './table.ts';

/** A setting as somebody wrote it. */
export interface WrittenSetting {
  readonly name: SettingName;
  readonly text: string;
  /** Where it was written. */
  readonly place: string;
}

/** What was found in one place. */
export interface Written {
  readonly settings: readonly WrittenSetting[];
  readonly mistakes: readonly SettingMistake[];
}

/**
 * Reads the settings of a YAML document. Never throws: what is wrong is in `mistakes`, with line and column.
 *
 * @param file what to call the document in `place`
 */
export function readYamlSettings(text: string, file: string): Written {
  return new YamlReader(text, file).read();
}

const byPath = new Map(settingRows.map((row) => [row.path, row]));
const sections = new Set(
  [...byPath.keys()].filter((path) => path.includes('.')).map((path) => path.split('.')[0] ?? path),
);

class YamlReader {
  readonly #text: string;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #settings: WrittenSetting[] = [];
  readonly #mistakes: SettingMistake[] = [];

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  read(): Written {
    const document = parseDocument(this.#text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    for (const { pos, message } of document.errors) this.#mistake(pos[0], message);
    if (document.errors.length === 0 && document.contents !== null) {
      this.#readMap(document.contents, '');
    }
    return { settings: this.#settings, mistakes: this.#mistakes };
  }

  #readMap(node: Node, section: string): void {
    if (isMap(node)) {
      for (const pair of node.items) this.#readPair(pair as Pair<Node, Node | null>, section);
    } else {
      const what = section === '' ? 'the settings' : `'${section}'`;
      this.#mistake(offsetOf(node), `${what} must be a map of names to values`);
    }
  }

  #readPair({ key, value }: Pair<Node, Node | null>, section: string): void {
    const path = (section === '' ? '' : `${section}.`) + (isScalar(key) ? String(key.value) : '?');
    if (section === '' && sections.has(path)) {
      if (value !== null && !isEmpty(value)) this.#readMap(value, path);
    } else {
      this.#readSetting(path, key, value ?? key);
    }
  }

  #readSetting(path: string, key: Node, value: Node): void {
    const row = byPath.get(path);
    if (row === undefined) {
      this.#mistake(offsetOf(key), unknown(path));
    } else if (!isScalar(value) || isEmpty(value)) {
      this.#mistake(offsetOf(value), `${path} takes ${row.expects}`);
    } else {
      // YAML gave some of them a meaning (8080, true); each setting reads its own text.
      const text = String(value.value);
      this.#settings.push({ name: row.name, text, place: this.#place(offsetOf(value)) });
    }
  }

  #mistake(offset: number, detail: string): void {
    this.#mistakes.push({ place: this.#place(offset), detail });
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function unknown(path: string): string {
  const meant = suggest(path, [...byPath.keys(), ...sections]);
  return `${quote(path)} is no setting${meant === undefined ? '' : `; did you mean '${meant}'?`}`;
}
