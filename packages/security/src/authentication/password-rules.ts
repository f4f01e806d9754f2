import { Problem } from '@thingtalk/core';
import { commonWords } from './common-words.ts';

/** Shortest password that is taken, in characters. */
export const shortestPassword = 10;
/** Longest password that is taken, in characters. */
export const longestPassword = 256;

const mostSigns = 12;

/** Neighbours on keyboards, and the alphabet and digits; read backwards too. */
const rows = [
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'abcdefghijklmnopqrstuvwxyz',
  '12345678901234567890',
  '1q2w3e4r5t6y7u8i9o0p',
];
const paths = rows.flatMap((row) => [row + row, [...(row + row)].reverse().join('')]);

/** Letters that digits and signs stand for. */
const disguises: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
};

/**
 * Refuses passwords that are guessed first: too short, or one of the common ones. Instead of a list of those it knows how they are made:
 * a common word or two, disguised or with digits and signs around it; a row of keys; a piece repeated; the person's own name.
 *
 * @throws {@link Problem} `unprocessable`, which says what is wrong and never holds the password.
 */
export function checkPassword(password: string, name: string): void {
  const length = [...password].length;
  if (length < shortestPassword) refuse(`has fewer than ${shortestPassword} characters`);
  if (length > longestPassword) refuse(`has more than ${longestPassword} characters`);
  if (!password.isWellFormed()) refuse('holds half of a surrogate pair');
  const plain = password.normalize('NFKC').toLowerCase();
  if (isRepeated(plain)) refuse('is one piece repeated');
  if (isPath(plain)) refuse('is a row of keys');
  // With so many digits and signs its words alone do not give it away.
  if (plain.replace(/\p{L}+/gu, '').length > mostSigns) return;
  const words = new Set([...commonWords, ...name.toLowerCase().split(/[\s._-]+/)]);
  const ended = plain.replace(/[^\p{L}]+$/u, '');
  const guesses = [plain, ended, ended.replace(/^[^\p{L}]+/u, '')];
  const isGuessed = guesses.some((guess) => isMadeOf(words, undisguised(guess)));
  if (isGuessed || isMadeOf(words, plain)) refuse('is one of those that are guessed first');
}

function refuse(reason: string): never {
  throw new Problem('unprocessable', `the password ${reason}`);
}

/** `abcabcabcabc`: what is found in its own double before the end. */
function isRepeated(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

function isPath(text: string): boolean {
  return paths.some((path) => path.includes(text));
}

function undisguised(text: string): string {
  return [...text].map((character) => disguises[character] ?? character).join('');
}

/** Whether nothing is left of the letters of a text when at most three words are taken out of it. */
function isMadeOf(words: ReadonlySet<string>, text: string): boolean {
  return isJoined(words, text.replace(/[^\p{L}]+/gu, ''), 3);
}

function isJoined(words: ReadonlySet<string>, letters: string, most: number): boolean {
  if (letters === '') return true;
  if (most === 0) return false;
  for (let end = 1; end <= letters.length; end++) {
    if (words.has(letters.slice(0, end)) && isJoined(words, letters.slice(end), most - 1))
      return true;
  }
  return false;
}
