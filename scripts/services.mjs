// Programs that some tests talk to, and how they get onto the machine.
//
// `npm test` calls ensureServices(): as root on Debian it installs what is missing. vitest.config.ts calls
// findServices(): it tells the suites, by environment variables, what is there.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './lib/child.mjs';

/**
 * Each service: the Debian packages that bring it, and its programs with the variable that tells suites where one is.
 * A variable that is set already wins.
 */
export const services = [
  {
    name: 'mosquitto',
    packages: ['mosquitto', 'mosquitto-clients'],
    daemon: 'mosquitto',
    programs: {
      THINGTALK_TEST_MOSQUITTO: ['mosquitto'],
      THINGTALK_TEST_MOSQUITTO_PUB: ['mosquitto_pub'],
      THINGTALK_TEST_MOSQUITTO_SUB: ['mosquitto_sub'],
    },
  },
  {
    name: 'strace',
    packages: ['strace'],
    programs: { THINGTALK_TEST_STRACE: ['strace'] },
  },
  {
    name: 'chromium',
    packages: ['chromium'],
    programs: { THINGTALK_TEST_CHROMIUM: ['chromium', 'chromium-browser', 'google-chrome'] },
  },
  {
    name: 'certutil',
    packages: ['libnss3-tools'],
    programs: { THINGTALK_TEST_CERTUTIL: ['certutil'] },
  },
];

// Debian keeps daemons in sbin, which is not on everybody's PATH.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function findProgram(names) {
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}

function findPrograms({ programs }) {
  return Object.entries(programs).map(([variable, names]) => [
    variable,
    process.env[variable] ?? findProgram(names),
  ]);
}

const isPresent = (service) => findPrograms(service).every(([, path]) => path !== undefined);

/**
 * Where the services' programs are.
 *
 * @returns {Record<string, string>} path by variable; those that are missing are left out.
 */
export function findServices() {
  const found = services.filter(isPresent).flatMap(findPrograms);
  return Object.fromEntries(found);
}

/**
 * Brings the services that are missing, if it may, and says in one line each which suites stay out.
 *
 * @returns {Promise<number>} 1 when something is left out though `CI=true`, else 0.
 */
export async function ensureServices() {
  const missing = services.filter((service) => !isPresent(service));
  if (missing.length > 0 && canInstall()) await install(missing);
  const leftOut = services.filter((service) => !isPresent(service));
  for (const { name, packages } of leftOut) {
    console.error(
      `Left out: the suites that need ${name}. To run them: apt install ${packages.join(' ')}`,
    );
  }
  return leftOut.length > 0 && process.env.CI === 'true' ? 1 : 0;
}

const canInstall = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

async function install(missing) {
  const packages = missing.flatMap((service) => service.packages);
  console.error(
    `Installing ${packages.join(', ')} by apt, for the tests; this takes a minute or two ...`,
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env, quiet: true });
  await withoutDaemons(missing, async () => {
    const code =
      (await apt('update')) || (await apt('install', '-y', '--no-install-recommends', ...packages));
    if (code !== 0) console.error(`apt-get ended with ${code}.`);
  });
}

/**
 * Keeps Debian from starting the daemons it installs, now and at boot: the tests start their own on free ports,
 * and port 1883 belongs to the gateway.
 */
async function withoutDaemons(missing, work) {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
  if (!existsSync('/run/systemd/system')) return;
  const daemons = missing.flatMap(({ daemon }) => daemon ?? []);
  if (daemons.length > 0) await run('systemctl', ['disable', '--quiet', ...daemons]);
}
