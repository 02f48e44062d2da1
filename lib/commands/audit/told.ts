import type { CommandLines } from '../command.ts';
import type { AuditReport, ChainReport, Finding } from './follow.ts';

/** Puts a report into words: what is there, and what is wrong with it. */
export function inWords({ chains, findings }: AuditReport): CommandLines[] {
  return [...chains.map(chainInWords), { said: [], complained: findings.map(inPlace) }];
}

const inPlace = ({ says, place }: Finding) => (place === undefined ? says : `${says} (${place})`);

function chainInWords({ batchId, intact, entries, head, kinds, files, findings }: ChainReport): CommandLines {
  const compared = files === null ? '' : `; ${files} files compared`;
  const said = [`${batchId}: ${intact ? 'intact' : 'NOT INTACT'}, ${entries} entries${compared}`];
  const content = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  if (head !== null) said.push(`  ${content.join(', ')}`, `  head ${head.hash} (${head.kind}, ${head.at})`);
  const lines = (some: readonly Finding[]) => some.map((finding) => `  ${inPlace(finding)}`);
  said.push(...lines(findings.filter(({ kind }) => kind === 'awaited')));
  return { said, complained: lines(findings.filter(({ kind }) => kind !== 'awaited')) };
}
