/** Collections of which not even names are readable without the master key. */
export const sealedCollections = ['people', 'sessions', 'tokens', 'consents', 'guests', 'devices'];

/** The directory in the data directory for the record of who did what. */
export const auditDirectory = 'audit';
