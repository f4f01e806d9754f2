// Counts what the packages export by their front doors, and fails when something of it has no TSDoc.
import { readHouse } from '../tests/architecture/house.ts';
import { publicExports } from '../tests/architecture/public-exports.ts';

const all = publicExports(readHouse());
const bare = all.filter(({ isDocumented }) => !isDocumented);
for (const { name, path, line } of bare) console.error(`${path}:${line}: ${name} has no TSDoc`);
console.log(`${all.length} public exports, ${all.length - bare.length} documented`);
process.exitCode = bare.length === 0 ? 0 : 1;
