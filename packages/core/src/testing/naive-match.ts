/** Whether `filter` fits `topic`, by the letter of MQTT 3.1.1, 4.7: slow and plain, to test the fast way against. */
export function naiveMatch(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (const [at, want] of wanted.entries()) {
    if (want === '#') return levels.length >= at;
    if (at >= levels.length || (want !== '+' && want !== levels[at])) return false;
  }
  return levels.length === wanted.length;
}
