import type { Client } from '@thingtalk/client';
import { CliError } from './cli-error.ts';

/** Somebody with a password, as the gateway lists them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly isDisabled: boolean;
}

/** Whom a grant is given to, as the gateway takes it: `{ person: 'person_...' }`. */
export type Grantee = Readonly<Record<string, string>>;

const kinds = ['person', 'app', 'device', 'service', 'guest'];

/** What is written where somebody is meant, for the help. */
export const whoHelp = "a person's name, an id as device_3k7m, group:NAME, people or anybody";

/** Everybody who may log in. */
export async function people(client: Client): Promise<readonly Person[]> {
  return (await client.call('people')) as unknown as readonly Person[];
}

/**
 * The person of this name or id.
 *
 * @throws {@link CliError} when there is none.
 */
export async function personOf(client: Client, who: string): Promise<Person> {
  const all = await people(client);
  const name = who.toLowerCase();
  const person = all.find((one) => one.id === who || one.name.toLowerCase() === name);
  if (person !== undefined) return person;
  throw new CliError('problem', `there is nobody called '${who}'; see: thingtalk users list`);
}

/** Id of a principal: ids stay as they are, names are looked up. */
export async function principalOf(client: Client, who: string): Promise<string> {
  const isId = who === 'anonymous' || kinds.some((kind) => who.startsWith(`${kind}_`));
  return isId ? who : (await personOf(client, who)).id;
}

/** Whom a grant is to be given to. */
export async function granteeOf(client: Client, who: string): Promise<Grantee> {
  if (who.startsWith('group:')) return { group: who.slice('group:'.length) };
  if (who === 'people' || who === 'anybody') return { group: who };
  const kind = kinds.find((one) => who.startsWith(`${one}_`)) ?? 'person';
  return { [kind]: await principalOf(client, who) };
}
