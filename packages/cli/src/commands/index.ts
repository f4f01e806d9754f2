import type { CommandModule } from '../context.ts';

/** A command: its name, what it does, and where its code is. */
interface CommandRow {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** Every command, in the order of the help. */
export const commands: readonly CommandRow[] = [
  {
    name: 'gateway',
    summary: 'run a gateway, with its own broker or on another',
    load: () => import('./gateway.ts'),
  },
  {
    name: 'expose',
    summary: 'serve the things that a TypeScript file defines',
    load: () => import('./expose.ts'),
  },
  { name: 'things', summary: 'list the things', load: () => import('./things.ts') },
  { name: 'td', summary: "show a thing's Thing Description", load: () => import('./td.ts') },
  { name: 'get', summary: "read a thing's properties", load: () => import('./get.ts') },
  { name: 'set', summary: 'write a property', load: () => import('./set.ts') },
  { name: 'invoke', summary: 'start an action', load: () => import('./invoke.ts') },
  {
    name: 'watch',
    summary: 'follow values and events as they happen',
    load: () => import('./watch.ts'),
  },
  {
    name: 'discover',
    summary: 'find things on the network; needs no gateway',
    load: () => import('./discover.ts'),
  },
  {
    name: 'adopt',
    summary: 'take a thing that was found into the gateway',
    load: () => import('./adopt.ts'),
  },
  {
    name: 'forget',
    summary: 'take a thing out of the gateway',
    load: () => import('./forget.ts'),
  },
  {
    name: 'setup',
    summary: 'make the first administrator of a gateway',
    load: () => import('./setup.ts'),
  },
  {
    name: 'login',
    summary: 'log this machine in at a gateway',
    load: () => import('./login.ts'),
  },
  {
    name: 'logout',
    summary: 'log this machine out',
    load: () => import('./logout.ts'),
  },
  {
    name: 'users',
    summary: 'say who may log in',
    load: () => import('./users.ts'),
  },
  {
    name: 'groups',
    summary: 'say who is meant together',
    load: () => import('./groups.ts'),
  },
  {
    name: 'grants',
    summary: 'say who may do what',
    load: () => import('./grants.ts'),
  },
  {
    name: 'tokens',
    summary: 'make and end tokens for programs',
    load: () => import('./tokens.ts'),
  },
  {
    name: 'links',
    summary: 'let guests in, for one thing and a while',
    load: () => import('./links.ts'),
  },
  {
    name: 'policy',
    summary: 'say why somebody may do something, or may not',
    load: () => import('./policy.ts'),
  },
  {
    name: 'devices',
    summary: 'let devices in, renew, transfer and remove them',
    load: () => import('./devices.ts'),
  },
  {
    name: 'audit',
    summary: 'show who did what, and what was denied',
    load: () => import('./audit.ts'),
  },
  {
    name: 'security',
    summary: "change the key that a gateway's secrets are sealed with",
    load: () => import('./security.ts'),
  },
  {
    name: 'doctor',
    summary: 'check whether this machine can run a gateway, and what to mend',
    load: () => import('./doctor.ts'),
  },
];
