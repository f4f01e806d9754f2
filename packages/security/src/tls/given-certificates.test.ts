import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import type { CertificatePair } from './certificate-pair.ts';
import { GivenCertificates } from './given-certificates.ts';
import { issueAuthority, issueServerCertificate } from './issue.ts';

const now = Date.UTC(2026, 10, 24);
const dayMs = 86_400_000;
const always = { from: now - 1_000 * dayMs, until: now + 1_000 * dayMs };

/** A directory with an authority that issues into it. */
async function startWorld() {
  const directory = await mkdtemp(join(tmpdir(), 'thingtalk-given-'));
  const certificateFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const authority = await issueAuthority('somebody else', always);
  const warnings: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (fields: object) => void warnings.push(JSON.stringify(fields)),
  };
  const clock = new FakeClock(now);
  return {
    ...{ authority, certificateFile, keyFile, warnings, clock },
    issue: (validity = { from: now - dayMs, until: now + 90 * dayMs }) =>
      issueServerCertificate(authority, { names: ['localhost'], validity }),
    async write({ certificate, key }: CertificatePair) {
      await writeFile(certificateFile, certificate);
      await writeFile(keyFile, key);
    },
    open: () => GivenCertificates.open({ certificateFile, keyFile, clock, logger }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test('what is given is served, with those that vouch for it', async () => {
  await using world = await startWorld();
  const pair = await world.issue();
  await world.write({ ...pair, certificate: pair.certificate + world.authority.certificate });
  using certificates = await world.open();
  expect(certificates.current.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(certificates.authority).toBeUndefined();
});

test('what cannot be used is refused in one line that names the file', async () => {
  await using world = await startWorld();
  const { certificateFile, keyFile } = world;
  const pair = await world.issue();
  const another = await world.issue();
  const refusal = async (given: Partial<CertificatePair>) => {
    await world.write({ ...pair, ...given });
    return world.open().then(
      () => 'none',
      (error: Error) => error.message,
    );
  };
  await expect(world.open()).rejects.toThrow(`${certificateFile} cannot be read (ENOENT)`);
  expect(await refusal({ key: another.key })).toBe(
    `the key in ${keyFile} does not belong to ${certificateFile}`,
  );
  expect(await refusal({ certificate: '' })).toBe(`${certificateFile} holds no certificate`);
  expect(await refusal({ key: 'a' })).toBe(`${keyFile} holds no private key`);
  const garbled = pair.certificate.replace(/\n.{8}/, '\nAAAAAAAA');
  expect(await refusal({ certificate: garbled })).toBe(
    `${certificateFile} holds a certificate that cannot be read`,
  );
  expect(await refusal({ certificate: pair.certificate + another.certificate })).toBe(
    `the certificates in ${certificateFile} are out of order: number 2 did not issue number 1`,
  );
  const old = await world.issue({ from: now - 9 * dayMs, until: now - dayMs });
  expect(await refusal(old)).toBe(`the certificate in ${certificateFile} expired on 2026-11-23`);
  const early = await world.issue({ from: now + dayMs, until: now + 9 * dayMs });
  expect(await refusal(early)).toBe(
    `the certificate in ${certificateFile} is valid only from 2026-11-25 on`,
  );
});

test('files that change are served once both have, and what is half written never', async () => {
  await using world = await startWorld();
  const first = await world.issue();
  await world.write(first);
  using certificates = await world.open();
  const before = certificates.current;
  const next = await world.issue();
  const changed = new Promise<CertificatePair>((resolve) => certificates.onChange(resolve));

  await writeFile(world.certificateFile, next.certificate);
  await until(world.clock, () => world.warnings.length > 0);
  expect(world.warnings[0]).toContain('does not belong to');
  expect(certificates.current).toBe(before);

  await writeFile(`${world.keyFile}.new`, next.key);
  await rename(`${world.keyFile}.new`, world.keyFile);
  await until(world.clock, () => certificates.current !== before);
  expect((await changed).certificate).toBe(next.certificate);
});

test('files that go away leave what is served, and that is said once', async () => {
  await using world = await startWorld();
  await world.write(await world.issue());
  using certificates = await world.open();
  const before = certificates.current;
  await rm(world.keyFile);
  await until(world.clock, () => world.warnings.length > 0);
  await world.clock.advance(600_000);
  expect(world.warnings).toHaveLength(1);
  expect(certificates.current).toBe(before);
});

/** Turns the clock until something is so: what files say comes from outside of it. */
async function until(clock: FakeClock, isSo: () => boolean): Promise<void> {
  while (!isSo()) await clock.advance(60_000);
}
