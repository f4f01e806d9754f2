import { Problem } from '../problem/problem.ts';

/** Longest topic or filter, in bytes of UTF-8. */
export const maxTopicBytes = 256;

/** Most levels of a topic or filter. */
export const maxTopicLevels = 8;

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

// UTF-8 takes at most three bytes a UTF-16 unit, so a shorter text need not be encoded to be measured.
const surelyShort = Math.floor(maxTopicBytes / 3);
const encoder = new TextEncoder();

/**
 * Refuses what cannot be the topic of a message.
 *
 * @throws {@link Problem} `bad-request` when it is empty, holds a wildcard, NUL or a lone surrogate, or is longer than
 * 256 bytes or 8 levels.
 * @see {@link https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718106 | MQTT 3.1.1, 4.7}
 */
export function checkTopic(topic: string): void {
  let levels = 1;
  let seen = 0;
  for (let at = 0; at < topic.length; at++) {
    const code = topic.charCodeAt(at);
    seen |= code;
    if (code === slash) levels++;
    else if (code === plus || code === hash || code === 0) {
      throw refusal('topic', topic, 'it must not hold a wildcard or NUL');
    }
  }
  checkSize('topic', topic, levels, seen);
}

/**
 * Refuses what cannot be a topic filter.
 *
 * @throws {@link Problem} `bad-request` when it breaks a rule of {@link checkTopic} but that for wildcards, or a `+` does
 * not fill its level, or a `#` is not the last level.
 */
export function checkFilter(filter: string): void {
  const levels = filter.split('/');
  let seen = 0;
  for (let at = 0; at < filter.length; at++) seen |= filter.charCodeAt(at);
  checkSize('filter', filter, levels.length, seen);
  for (const [at, level] of levels.entries()) {
    if (level.includes('\0')) throw refusal('filter', filter, 'it must not hold NUL');
    if (level.includes('+') && level !== '+')
      throw refusal('filter', filter, "'+' must fill its level");
    if (level.includes('#') && (level !== '#' || at !== levels.length - 1))
      throw refusal('filter', filter, "'#' must be its whole last level");
  }
}

function checkSize(what: string, text: string, levels: number, seen: number): void {
  if (text === '') throw refusal(what, text, 'it must not be empty');
  if (levels > maxTopicLevels)
    throw refusal(what, text, `${levels} levels are more than ${maxTopicLevels}`);
  if (seen > 0x7f && !text.isWellFormed())
    throw refusal(what, text, 'it must not hold a lone surrogate');
  if (text.length <= surelyShort) return;
  const bytes = seen > 0x7f ? encoder.encode(text).byteLength : text.length;
  if (bytes > maxTopicBytes)
    throw refusal(what, text, `${bytes} bytes are more than ${maxTopicBytes}`);
}

function refusal(what: string, text: string, reason: string): Problem {
  const shown = text.length > maxTopicBytes ? `${text.slice(0, maxTopicBytes)}...` : text;
  return new Problem('bad-request', `the ${what} ${JSON.stringify(shown)} is malformed: ${reason}`);
}
