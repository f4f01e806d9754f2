import { X509Certificate } from 'node:crypto';
import { fingerprintOf } from './certificate-pair.ts';

/** One way to trust an authority. */
interface Way {
  readonly system: string;
  readonly steps: readonly string[];
}

/** In the words of each system's own menus; HTML. */
const ways: readonly Way[] = [
  {
    system: 'iPhone and iPad',
    steps: [
      'Open this page in Safari, tap <b>Get the certificate</b> and allow the profile.',
      'Settings › General › VPN &amp; Device Management: open the profile, compare the fingerprint under More Details, Install.',
      'Settings › General › About › Certificate Trust Settings: switch it on.',
    ],
  },
  {
    system: 'Android',
    steps: [
      'Tap <b>Get the certificate</b>.',
      'Settings › Security &amp; privacy › More security &amp; privacy › Encryption &amp; credentials › Install a certificate › CA certificate: choose <code>ca.pem</code>. Names differ a little from maker to maker; the search of Settings finds “CA certificate”.',
      'Trusted credentials › User shows its fingerprint.',
    ],
  },
  {
    system: 'macOS',
    steps: [
      'Get the certificate and open it; Keychain Access asks where to keep it: <b>login</b>.',
      'Double-click it there, compare the SHA-256 fingerprint, open <b>Trust</b>, and for Secure Sockets Layer choose <b>Always Trust</b>.',
      'Or: <code>security add-trusted-cert -p ssl -k ~/Library/Keychains/login.keychain-db ca.pem</code>',
    ],
  },
  {
    system: 'Windows',
    steps: [
      'Get the certificate and rename it to <code>ca.crt</code>.',
      'Open it › Install Certificate › Current User › Place all certificates in the following store › <b>Trusted Root Certification Authorities</b>.',
      'Or: <code>certutil -user -addstore Root ca.pem</code>',
    ],
  },
  {
    system: 'Linux',
    steps: [
      'Debian, Ubuntu: <code>sudo cp ca.pem /usr/local/share/ca-certificates/thingtalk.crt &amp;&amp; sudo update-ca-certificates</code>',
      'Fedora: <code>sudo trust anchor ca.pem</code>',
      'Chrome and Chromium keep their own: <code>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n thingTalk -i ca.pem</code>',
    ],
  },
  {
    system: 'Firefox, on every system',
    steps: [
      'Settings › Privacy &amp; Security › Certificates › View Certificates › Authorities › <b>Import</b>: choose <code>ca.pem</code>.',
      'Tick <b>Trust this CA to identify websites</b>; View shows its fingerprint.',
    ],
  },
  {
    system: 'Programs',
    steps: [
      '<code>curl --cacert ca.pem …</code>, <code>mosquitto_sub --cafile ca.pem …</code>, <code>thingtalk --ca ca.pem …</code>',
      'Node: <code>NODE_EXTRA_CA_CERTS=ca.pem</code>. Python requests: <code>REQUESTS_CA_BUNDLE=ca.pem</code>.',
    ],
  },
];

/** The style of the page; its hash stands in the page's policy, so that nothing else is taken. */
export const trustStyle = `
:root { color-scheme: light dark; --line: #8885; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.print { display: block; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
.get { display: inline-block; padding: .6rem 1.1rem; border-radius: .5rem; background: #1d5fd1; color: #fff; text-decoration: none; font-weight: 600; }
details { border-top: 1px solid var(--line); padding: .6rem 0; } details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; font-weight: 600; }
`;

/** Renders the page that walks a person through trusting `authority` (PEM). */
export function renderTrustPage(authority: string): string {
  const certificate = new X509Certificate(authority);
  const name = certificate.toLegacyObject().subject.CN;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trust this gateway</title>
<style>${trustStyle}</style>
<h1>Trust this gateway</h1>
<p>This gateway encrypts what it says with a certificate of its own, so that it works without the internet.
Your device warns of it until you have told it once to trust the gateway’s certificate authority, <b>${escapeHtml(String(name))}</b>.</p>
<h2>1. Get the certificate</h2>
<p><a class="get" href="/ca.pem" download="ca.pem">Get the certificate</a></p>
<h2>2. Compare the fingerprint</h2>
<p>Somebody in between could have handed you another one. The SHA-256 fingerprint your device shows must be the one
that the gateway prints when it starts (<code>thingtalk gateway</code>, and its log); if it differs, stop.</p>
<code class="print">${fingerprintOf(authority).replaceAll(':', ':<wbr>')}</code>
<h2>3. Trust it</h2>
${ways.map(renderWay).join('\n')}
<p>It is valid until ${certificate.validToDate.toISOString().slice(0, 10)}. The certificates of the gateway itself are renewed without you.
To take the trust back, remove the certificate from the same place.</p>
</html>
`;
}

function renderWay({ system, steps }: Way): string {
  const items = steps.map((step) => `<li>${step}</li>`).join('');
  return `<details><summary>${system}</summary><ol>${items}</ol></details>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
