import { createHash } from 'node:crypto';
import type { Route, RouteReply } from '@thingtalk/core';
import { renderTrustPage, trustStyle } from './trust-page.ts';

/**
 * The rows by which people come to trust an authority: `/trust`, the page, and `/ca.pem`, its certificate. They are
 * for anybody: who does not trust the gateway yet is not to send it credentials.
 *
 * @param authority its certificate, PEM
 */
export function trustRoutes(authority: string): readonly Route[] {
  const style = createHash('sha256').update(trustStyle).digest('base64');
  const page: RouteReply = {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
    },
    body: renderTrustPage(authority),
  };
  const certificate: RouteReply = {
    status: 200,
    headers: {
      'content-type': 'application/x-pem-file',
      'content-disposition': 'attachment; filename="ca.pem"',
      'cache-control': 'no-cache',
    },
    body: authority,
  };
  return [
    {
      method: 'GET',
      path: '/trust',
      operationId: 'showTrustPage',
      summary: 'How to trust this gateway',
      description:
        'A page that walks a person through trusting the certificate authority of this gateway.',
      tags: ['trust'],
      admits: 'anybody',
      responses: { 200: { description: 'The page', contentType: 'text/html' } },
      handle: () => page,
    },
    {
      method: 'GET',
      path: '/ca.pem',
      operationId: 'getCertificateAuthority',
      summary: 'The certificate of its authority',
      description:
        'Public; compare its fingerprint with the one that the gateway prints when it starts.',
      tags: ['trust'],
      admits: 'anybody',
      responses: {
        200: { description: 'The certificate, PEM', contentType: 'application/x-pem-file' },
      },
      handle: () => certificate,
    },
  ];
}
