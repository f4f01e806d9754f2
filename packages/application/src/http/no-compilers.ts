/**
 * Fastify's `schemaController` for a server whose rows check and encode for themselves: left to itself, Fastify loads two
 * compilers of schemas, which is a good part of what a gateway loads to start.
 */
export const noCompilers = {
  compilersFactory: { buildValidator: unused, buildSerializer: unused },
};

function unused(): never {
  throw new Error('a route was given a schema for Fastify');
}
