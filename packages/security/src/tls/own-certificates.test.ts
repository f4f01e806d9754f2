import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { CertificateError, type CertificatePair } from './certificate-pair.ts';
import { keyFiles } from './key-files.ts';
import { OwnCertificates, ownFiles } from './own-certificates.ts';
import { MemoryFiles } from './testing-files.ts';

const dayMs = 86_400_000;
const someNames = ['127.0.0.1', '::1', 'localhost', 'pi', 'pi.local'];

function open(over: Partial<Parameters<typeof OwnCertificates.open>[0]> = {}) {
  const files = new MemoryFiles();
  return OwnCertificates.open({ files, title: 'thingTalk', names: () => someNames, ...over });
}

function nextPair(certificates: OwnCertificates): Promise<CertificatePair> {
  return new Promise((resolve) => {
    const stop = certificates.onChange((pair) => {
      stop();
      resolve(pair);
    });
  });
}

test('openssl finds nothing wrong with what is issued, strictly, for a TLS server', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'thingtalk-tls-'));
  try {
    using _certificates = await open({ files: keyFiles(directory) });
    const verified = execFileSync('openssl', [
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'pi.local'],
      ...['-CAfile', join(directory, ownFiles.public), join(directory, ownFiles.server)],
    ]);
    expect(verified.toString()).toContain('OK');
    expect((await stat(join(directory, ownFiles.authority))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, ownFiles.server))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory, ownFiles.public), 'utf8')).not.toContain('PRIVATE');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the certificate answers to every name and address, and to no other', async () => {
  using certificates = await open();
  const certificate = new X509Certificate(certificates.current.certificate);
  expect(certificate.checkHost('pi.local')).toBe('pi.local');
  expect(certificate.checkIP('::1')).toBe('::1');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('pi.lan')).toBeUndefined();
  expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
});

test('an authority is ECDSA P-256, for ten years, and vouches for servers alone', async () => {
  const clock = new FakeClock('2026-11-24T12:00:00Z');
  using certificates = await open({ clock });
  const authority = new X509Certificate(certificates.authority);
  expect(authority.ca).toBe(true);
  expect(authority.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(authority.validToDate.toISOString().slice(0, 10)).toBe('2036-11-22');
  const server = new X509Certificate(certificates.current.certificate);
  expect(server.ca).toBe(false);
  expect(server.checkIssued(authority)).toBe(true);
  expect(server.serialNumber).not.toBe(authority.serialNumber);
  expect(server.validToDate.getTime() - server.validFromDate.getTime()).toBe(90 * dayMs);
});

test('the next start serves what the last one served, by the same authority', async () => {
  const files = new MemoryFiles();
  using first = await open({ files });
  using second = await open({ files });
  expect(second.current).toEqual(first.current);
  expect(second.authority).toBe(first.authority);
});

test('after two thirds of its time the certificate is renewed, the authority is not', async () => {
  const files = new MemoryFiles();
  using before = await open({ files, clock: new FakeClock('2026-11-24T12:00:00Z') });
  const clock = new FakeClock('2027-01-22T11:00:00Z');
  using certificates = await open({ files, clock });
  expect(certificates.current).toEqual(before.current);
  const renewed = nextPair(certificates);
  await clock.advance(2 * 3_600_000);
  const { key, certificate } = await renewed;
  expect(key).not.toBe(before.current.key);
  expect(new X509Certificate(certificate).validToDate.getTime()).toBeGreaterThan(
    clock.now() + 80 * dayMs,
  );
  expect(certificates.authority).toBe(before.authority);
});

test('a name or address that appears is soon in the certificate; one that goes away changes nothing', async () => {
  const clock = new FakeClock('2026-11-24T12:00:00Z');
  let names: readonly string[] = someNames;
  using certificates = await open({ clock, names: () => names });
  const first = certificates.current;
  names = ['localhost'];
  await clock.advance(60_000);
  expect(certificates.current).toBe(first);
  const renewed = nextPair(certificates);
  names = [...someNames, '192.0.2.7', 'house.lan'];
  await clock.advance(60_000);
  const certificate = new X509Certificate((await renewed).certificate);
  expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
  expect(certificate.checkHost('house.lan')).toBe('house.lan');
});

test('a clock that was never set makes an authority that holds when it is set', async () => {
  const files = new MemoryFiles();
  const unset = new FakeClock('1970-01-01T00:00:10Z');
  using _first = await open({ files, clock: unset });
  const clock = new FakeClock('2031-05-01T00:00:00Z');
  using certificates = await open({ files, clock });
  const certificate = new X509Certificate((await nextPair(certificates)).certificate);
  expect(certificate.validFromDate.getTime()).toBeLessThan(clock.now());
  expect(certificate.validToDate.getTime()).toBeGreaterThan(clock.now());
  expect(certificate.checkIssued(new X509Certificate(certificates.authority))).toBe(true);
});

test('a clock that goes back has a certificate issued that is valid by it', async () => {
  const files = new MemoryFiles();
  using first = await open({ files, clock: new FakeClock('2026-11-24T12:00:00Z') });
  using ahead = await open({ files, clock: new FakeClock('2029-11-24T12:00:00Z') });
  const late = await nextPair(ahead);
  using back = await open({ files, clock: new FakeClock('2026-11-25T12:00:00Z') });
  const certificate = new X509Certificate((await nextPair(back)).certificate);
  expect(certificate.toString()).not.toBe(new X509Certificate(late.certificate).toString());
  expect(certificate.validFromDate.toISOString().slice(0, 10)).toBe('2026-11-24');
  expect(back.authority).toBe(first.authority);
});

test('no certificate outlives its authority, and none is issued over and over at its end', async () => {
  const files = new MemoryFiles();
  using _first = await open({ files, clock: new FakeClock('2026-11-24T12:00:00Z') });
  const clock = new FakeClock('2036-11-01T00:00:00Z');
  using certificates = await open({ files, clock });
  const last = await nextPair(certificates);
  const authority = new X509Certificate(certificates.authority);
  expect(new X509Certificate(last.certificate).validToDate).toEqual(authority.validToDate);
  await clock.advance(3_600_000);
  expect(certificates.current).toBe(last);
});

test('a damaged authority is not replaced by itself: everybody would have to trust the new one', async () => {
  const files = new MemoryFiles();
  using _first = await open({ files });
  const whole = files.texts.get(ownFiles.authority) ?? '';
  files.texts.set(ownFiles.authority, whole.slice(0, whole.length / 2));
  await expect(open({ files })).rejects.toThrow(CertificateError);
});

test('a damaged server certificate is replaced', async () => {
  const files = new MemoryFiles();
  using first = await open({ files });
  files.texts.set(ownFiles.server, 'nothing');
  using second = await open({ files });
  expect(second.current.certificate).not.toBe(first.current.certificate);
  expect(second.authority).toBe(first.authority);
});
