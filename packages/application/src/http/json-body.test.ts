import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readForm } from './json-body.ts';

const form = (text: string) => readForm(Buffer.from(text));

test('a form is an object of texts', () => {
  expect(form('a=1&b=x%20y+z&c=%C3%BC')).toEqual({ a: '1', b: 'x y z', c: 'ü' });
  expect(form('')).toBeUndefined();
});

test('a field that comes twice is refused, not chosen from', () => {
  expect(() => form('a=1&a=2')).toThrow('twice');
});

test('what is not UTF-8, or has too many fields, is refused', () => {
  expect(() => readForm(Buffer.from([0xff, 0xfe]))).toThrow('UTF-8');
  expect(() => form(Array.from({ length: 101 }, (_, at) => `f${at}=`).join('&'))).toThrow('100');
});

test('whatever fields are written are read again, and no field reaches a prototype', () => {
  void fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (fields) => {
      const text = new URLSearchParams(Object.entries(fields)).toString();
      expect(Object.entries(form(text) ?? {})).toEqual(Object.entries(fields));
    }),
  );
  expect(Object.getPrototypeOf(form('__proto__=x'))).toBe(Object.prototype);
});
