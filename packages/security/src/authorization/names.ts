import type { Principal, PrincipalKind, ThingId } from '@thingtalk/core';
import { granteeKinds } from './grant.ts';

/** Where it is known what principals and Things are called. */
export interface Names {
  /** Who has this id; `undefined` when nobody does. */
  principal(id: string): Principal | undefined;
  /** Title of a Thing; `undefined` when it is not known. */
  thing(id: ThingId): string | undefined;
  /** The Things a device speaks for. Default: none. */
  owns?(id: string): readonly ThingId[];
}

/** Calls everything by its id; what kind of principal has one, its beginning says: `person_...`. */
export const idsAsNames: Names = {
  principal(id) {
    const kinds: readonly PrincipalKind[] = [...granteeKinds, 'anonymous'];
    const kind = kinds.find((one) => id === one || id.startsWith(`${one}_`));
    return kind && { id, kind, name: id };
  },
  thing: () => undefined,
};
