/** Under which Things and directories announce themselves (WoT Discovery, 6.3). */
export const wotService = '_wot._tcp.local';

/** Under which directories announce themselves besides (WoT Discovery, 6.3). */
export const directoryService = '_directory._sub._wot._tcp.local';

/** Where kinds of services are listed (RFC 6763, 9). */
export const serviceKinds = '_services._dns-sd._udp.local';

/** Most bytes of a DNS label. */
const maxLabel = 63;

/** What a service calls itself: its full name without the kind. */
export function instanceOf(name: string): string {
  return name.toLowerCase().endsWith(`.${wotService}`)
    ? name.slice(0, -wotService.length - 1)
    : name;
}

/**
 * The full name of a service.
 *
 * @param title what people shall read; what a DNS label cannot hold is left out.
 * @param attempt counts from 1 the names that were tried; later ones have it in parentheses (RFC 6763, appendix D).
 */
export function serviceName(title: string, attempt: number): string {
  const suffix = attempt === 1 ? '' : ` (${attempt})`;
  // A dot would divide the label: the packets' library knows no escape for it.
  const words =
    title
      .toWellFormed()
      .replace(/[.\p{Cc}]+/gu, ' ')
      .trim() || 'thingTalk';
  let label = words;
  while (Buffer.byteLength(label + suffix) > maxLabel) label = [...label].slice(0, -1).join('');
  return `${label}${suffix}.${wotService}`;
}
