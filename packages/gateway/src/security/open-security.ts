import { join } from 'node:path';
import { bearerSecurity } from '@thingtalk/application';
import type {
  Clock,
  Logger,
  Principal,
  Route,
  Store,
  ThingDirectory,
  ThingId,
  Topics,
} from '@thingtalk/core';
import {
  AuditLog,
  Authentication,
  admins,
  anonymousIdentity,
  apiSchemes,
  auditRoutes,
  DeviceClaims,
  Devices,
  deviceRoutes,
  keepChainKey,
  keyFiles,
  MasterKeyError,
  type MasterKeys,
  openMasterKeys,
  type PasswordHasher,
  Policy,
  pageRoutes,
  policyRoutes,
  Revocations,
  readFormerKeys,
  resourceMetadataPath,
  Sealer,
  SetupCode,
  sealedStore,
  setupRoute,
} from '@thingtalk/security';
import type { HttpDoors } from '../open-http.ts';
import { SettingsError } from '../settings/settings-error.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { LateDirectory } from './late-directory.ts';
import { auditDirectory, sealedCollections } from './sealed-places.ts';

/** What of its security a program may choose; tests do. */
export interface SecurityParts {
  /** Default: as strong as this machine's gateways are. */
  readonly hasher?: PasswordHasher;
  /** Where the master key may stand. Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Shows a set-up code to whoever stands at the gateway. Default: writes it to the log. */
  readonly showSetupCode?: (code: string) => void;
}

/** What {@link openSecurity} works with. */
export interface OpenSecurityParts {
  readonly settings: GatewaySettings;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chosen: SecurityParts;
  /** Resolves when the doors are where they are to be once somebody administers the gateway. */
  readonly opened: Promise<void>;
}

/** All that decides who comes in to a gateway and what they may do. */
export interface GatewaySecurity extends AsyncDisposable {
  readonly policy: Policy;
  readonly authentication: Authentication;
  readonly devices: Devices;
  readonly claims: DeviceClaims;
  readonly audit: AuditLog;
  readonly sealer: Sealer;
  readonly setup: SetupCode;
  /** For the HTTP server: its guard, where it writes down what was done, and what Thing Descriptions say of it. */
  readonly doors: HttpDoors;
  /** Has grants on tags and types hold for what `directory` knows. */
  knows(directory: ThingDirectory): void;
  /** The rows by which people, devices and the policy are managed, and the pages for people. */
  routes(places: SecurityPlaces): readonly Route[];
}

/** Where devices are sent to. */
export interface SecurityPlaces {
  readonly topics: Topics;
  readonly brokerOf: (base: string) => string | undefined;
}

/**
 * Opens the security of a gateway on what its store and its data directory hold.
 *
 * @throws {@link SettingsError} when the master key cannot be used.
 */
export async function openSecurity(parts: OpenSecurityParts): Promise<GatewaySecurity> {
  const { settings, clock, logger, chosen, opened: doorsOpened } = parts;
  await using opened = new AsyncDisposableStack();
  const keys = await masterKeysOf(settings, chosen);
  const sealer = new Sealer(keys);
  const log = { directory: join(settings.data, auditDirectory), clock, logger };
  if (keys.length > 1) await keepChainKey(log, keys);
  const audit = opened.use(
    await AuditLog.open({
      ...log,
      chainKey: keys[0].derive('audit'),
      formerKeys: await readFormerKeys(keyFiles(log.directory), sealer),
    }),
  );

  const directory = new LateDirectory();
  const store = sealedStore(parts.store, sealer, sealedCollections);
  const revocations = new Revocations();
  const shared = { store, clock, revocations, audit };
  const devices = opened.use(await Devices.open(shared));
  // Both know the other: who has a right is shown by name, and who has a name is asked for rights.
  let known: Authentication | undefined;
  const names = {
    principal: (id: string) => devices.principal(id) ?? (known && principalOf(known, id)),
    thing: (id: ThingId) => directory.titleOf(id),
    owns: (id: string) => devices.owns(id),
  };
  const policy = opened.use(await Policy.open({ ...shared, facts: directory, names, log: logger }));
  const authentication = opened.use(
    await Authentication.open({
      ...{ ...shared, policy, devices },
      requestsPerSecond: settings.limitsRequests,
      forgetRights: (principal, author) => policy.forget(principal, { author }),
      ...(chosen.hasher && { hasher: chosen.hasher }),
    }),
  );
  known = authentication;
  const { groups } = policy;
  const isKnown = (thing: ThingId) => directory.has(thing);
  const claims = opened.use(await DeviceClaims.open({ ...shared, devices, groups, isKnown }));

  const { door, guard } = authentication;
  const setup = new SetupCode({
    ...{ store, clock, people: door.people, audit, opened: doorsOpened },
    show: chosen.showSetupCode ?? ((setupCode) => logger.warn({ setupCode }, 'set-up code')),
    makeAdministrator: async (id) => {
      await groups.addMember(admins, id, { author: 'setup' });
    },
  });
  const security = bearerSecurity({ authorization: '/oauth/authorize', token: '/oauth/token' });
  const owned = opened.move();
  return {
    ...{ policy, authentication, devices, claims, audit, sealer, setup },
    doors: {
      ...{ guard, audit, security, api: apiSchemes },
      resourceMetadata: resourceMetadataPath,
    },
    knows: (found) => directory.use(found),
    routes: ({ topics, brokerOf }) => [
      ...authentication.routes,
      ...policyRoutes(policy),
      ...deviceRoutes({
        ...{ devices, claims, audit, topics, brokerUrl: brokerOf },
        identityOf: (access) => guard.identityOf(access),
      }),
      ...auditRoutes(audit),
      setupRoute(setup),
      ...pageRoutes({ door, setup }),
    ],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function masterKeysOf(
  { data: directory }: GatewaySettings,
  { env = process.env }: SecurityParts,
): Promise<MasterKeys> {
  try {
    return await openMasterKeys({ directory, env });
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error;
    throw new SettingsError([{ place: '--data', detail: error.message }]);
  }
}

function principalOf(authentication: Authentication, id: string): Principal | undefined {
  if (id === anonymousIdentity.principal.id) return anonymousIdentity.principal;
  const app = authentication.apps.find(id);
  return app ? { id, kind: 'app', name: app.name } : authentication.principal(id);
}
