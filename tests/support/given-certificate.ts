import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@thingtalk/core/testing';
import { type KeyFiles, OwnCertificates } from '@thingtalk/security';

/** Files with a certificate that was issued at some time, and the settings of a gateway that is given them. */
export async function writeCertificate(issued: string | number) {
  const directory = await mkdtemp(join(tmpdir(), 'thingtalk-given-'));
  const tlsCertificate = join(directory, 'cert.pem');
  const tlsKey = join(directory, 'key.pem');
  async function write(at: string | number): Promise<void> {
    const files: KeyFiles = { read: async () => undefined, write: async () => {} };
    using certificates = await OwnCertificates.open({
      ...{
        files,
        title: 'somebody',
        names: () => ['localhost', 'house.example'],
        clock: new FakeClock(at),
      },
    });
    await writeFile(tlsCertificate, certificates.current.certificate);
    await writeFile(tlsKey, certificates.current.key);
  }
  await write(issued);
  const ports = { httpPort: 0, mqttPort: 0, mqttTlsPort: 0 };
  const settings = { ...ports, tlsMode: 'files', tlsCertificate, tlsKey } as const;
  return {
    settings: {
      ...settings,
      data: join(directory, 'data'),
      discovery: 'off',
      security: 'demo',
      database: 'none',
    } as const,
    write,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
