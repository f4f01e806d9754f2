import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { parseJson } from './parse-json.ts';

function detailOf(text: string, limits = { depth: 3, members: 4 }): string {
  try {
    parseJson(text, limits);
  } catch (error) {
    if (error instanceof Problem && error.name === 'payload-invalid') return error.detail;
    throw error;
  }
  throw new Error(`nothing was refused of ${text}`);
}

describe('JSON text from outside', () => {
  it('may be as deep as the limit and no deeper, arrays and objects alike', () => {
    expect(parseJson('[{"a":[1]}]', { depth: 3, members: 4 })).toEqual([{ a: [1] }]);
    expect(detailOf('[{"a":[[1]]}]')).toBe('nested deeper than 3 at character 7');
    expect(detailOf('[[[[]]]]')).toMatch(/^nested deeper/);
  });

  it('may have as many members as the limit and no more, over all its objects', () => {
    const limits = { depth: 9, members: 4 };
    expect(parseJson('[{"a":1,"b":2},{"a":1,"b":2}]', limits)).toHaveLength(2);
    expect(detailOf('[{"a":1,"b":2},{"a":1,"b":2,"c":3}]', limits)).toMatch(/^more than 4 members/);
  });

  it('may hold brackets, colons and escaped quotes in its strings', () => {
    const value = ['[[[[{{{{', 'a":"b', ':::::::::', '\\', '\\"'];
    expect(parseJson(JSON.stringify(value), { depth: 1, members: 0 })).toEqual(value);
  });

  it('is refused with what the parser says when it is no JSON', () => {
    for (const text of ['', '{', '"abc', '"\\', '[1,]', 'NaN', "{'a':1}", ']]]]', '\u0000']) {
      expect(detailOf(text)).toMatch(/^not JSON: /);
    }
  });

  it('is refused when it is nested so deep that others would break on it', () => {
    expect(detailOf('['.repeat(1_000_000))).toMatch(/^nested deeper/);
    expect(detailOf(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toMatch(/^nested deeper/);
  });

  it('is refused when a number is too large, and the place is named', () => {
    const limits = { depth: 32, members: 100 };
    expect(detailOf('{"a":[0,1e400]}', limits)).toBe(
      "the number at '/a/1' is larger than any double",
    );
    for (const text of ['-1e999', '1E+0309', `1${'0'.repeat(309)}`, `[12${'3'.repeat(400)}.5]`]) {
      expect(detailOf(text, limits)).toMatch(/larger than any double/);
    }
    for (const text of ['1e308', '1e-400', '"1e400"', `0.${'1'.repeat(500)}`, '1e99']) {
      expect(parseJson(text, limits)).toBe(JSON.parse(text));
    }
  });

  it('is refused when a text or a name holds half of a surrogate pair, and the place is named', () => {
    expect(detailOf('{"a":["b","\\ud800"]}')).toBe(
      "the text at '/a/1' holds half of a surrogate pair",
    );
    expect(detailOf('{"a":{"\\uDFFFx":1}}')).toBe("a name in '/a' holds half of a surrogate pair");
    for (const text of ['"\\ude00\\ud83d"', '"\\ud83d\\ud83d\\ude00"', '"\\udbffx\\udc00"']) {
      expect(detailOf(text)).toMatch(/half of a surrogate pair/);
    }
    for (const text of ['"\\ud83d\\ude00"', '"😀"', '"\\\\ud800"', '"\\ud7ff\\ue000"']) {
      expect(parseJson(text)).toBe(JSON.parse(text));
    }
  });

  it('keeps a member called __proto__ a member', () => {
    const value = parseJson('{"__proto__": {"polluted": true}}') as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect('polluted' in value).toBe(false);
  });

  it('keeps the last of two members of one name', () => {
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2 });
  });

  it('within the limits means what JSON.parse says', () =>
    fc.assert(
      fc.property(fc.json(), (text) => {
        const limits = { depth: 1_000, members: 100_000 };
        expect(parseJson(text, limits)).toEqual(JSON.parse(text));
      }),
    ));

  it('of any kind is parsed or refused as payload-invalid', () => {
    const piece = fc.constantFrom(...['{', '}', '[', ']', '"', '\\', ':', ',', '1', 'e', 'a', ' ']);
    return fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          parseJson(pieces.join(''), { depth: 3, members: 3 });
        } catch (error) {
          expect(error).toMatchObject({ name: 'payload-invalid' });
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('never passes deeper or with more members than the limits', () => {
    const limits = { depth: 3, members: 5 };
    const shape = (value: unknown): { depth: number; members: number } => {
      if (typeof value !== 'object' || value === null) return { depth: 0, members: 0 };
      const inner = Object.values(value).map(shape);
      return {
        depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
        members: inner.reduce(
          (sum, { members }) => sum + members,
          Array.isArray(value) ? 0 : inner.length,
        ),
      };
    };
    return fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const { depth, members } = shape(value);
        const passes = depth <= limits.depth && members <= limits.members;
        const text = JSON.stringify(value);
        if (passes) expect(parseJson(text, limits)).toEqual(JSON.parse(text));
        else expect(() => parseJson(text, limits)).toThrow(Problem);
      }),
    );
  });
});
