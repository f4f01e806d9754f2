import type { Access } from '@thingtalk/core';

/** Of whoever is not known, where anybody may come in: nothing at all. */
export const strangerAccess: Access = {
  principal: { id: 'anonymous', kind: 'anonymous', name: 'anybody' },
  isUnlimited: false,
  revision: 0,
  may: () => false,
  mayEverywhere: () => false,
  owns: () => false,
  sees: () => false,
  manages: false,
  onChange: () => () => {},
  onEnd: () => () => {},
};
