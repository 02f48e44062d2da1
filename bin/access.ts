/** `npm run access`: prints who may do what where, from the synthesized policies. docs/access.md holds the same tables. */
import { Rights } from '../lib/access/rights.ts';
import { accessTables } from '../lib/access/table.ts';
import { ACCOUNT, REGION } from '../lib/local/cloud.ts';
import { synthesize } from '../lib/local/synth.ts';
import { loadAssembly } from '../lib/local/template.ts';

const [stage = 'dev'] = process.argv.slice(2);
const place = { region: REGION, account: ACCOUNT };
const { resources } = loadAssembly(await synthesize({ context: { stage } }), { ...place, endpoint: 'https://sqs' });
process.stdout.write(accessTables(new Rights(resources, place), resources));
