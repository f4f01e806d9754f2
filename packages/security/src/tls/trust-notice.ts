import { renderUnicodeCompact } from 'uqr';
import { fingerprintOf } from './certificate-pair.ts';

/**
 * What a gateway prints when it starts, for people: the fingerprint to compare, and a QR code that leads to the page.
 *
 * @param authority the certificate of its authority, PEM
 * @param page where the page is, as `https://pi.local:8080/trust`
 */
export function trustNotice(authority: string, page: string): string {
  return [
    `To trust this gateway, open ${page}`,
    renderUnicodeCompact(page, { border: 2 }),
    'and compare the SHA-256 fingerprint of its certificate authority:',
    fingerprintOf(authority),
    '',
  ].join('\n');
}
