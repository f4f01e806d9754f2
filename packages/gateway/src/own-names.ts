import { hostname } from 'node:os';
import type { ThingId } from '@thingtalk/core';
import { announcedHost } from './announced-as.ts';
import type { GatewaySettings } from './settings/table.ts';

/** What a gateway is called by those who reach it, besides its addresses: it answers to no other name. */
export function ownNames(settings: GatewaySettings, id: ThingId): readonly string[] {
  const machine = hostname();
  const short = machine.split('.', 1)[0] ?? machine;
  const given = [settings.httpNames, settings.tlsNames].flatMap(listed);
  const all = [machine, short, `${short}.local`, announcedHost(id), settings.httpHost, ...given];
  return all.filter((name) => name !== '');
}

/** The parts of a setting that is a list. */
export function listed(setting: string): readonly string[] {
  const parts = setting.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}
