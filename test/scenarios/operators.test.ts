import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { changedAssembly, type Template } from './assembly.ts';
import { AT_ONCE, Lab, type Summary } from './lab.ts';
import { report, summaryOf } from './shapes-lab.ts';
import { A1, H1, H2, J1 } from './story.ts';

/**
 * Operators added and removed by a deployment while a batch waits, worked out by hand.
 *
 * Day 0: airtel and jio are configured. H1 was used by A1 at airtel and by J1 at jio. mha reports H1 and H2.
 * Day 3: deployed anew, with airtel and vi. Day 4: jio does not know J1 and has blocked H1; airtel and vi are silent.
 * Day 20: up-police reports H1. A1 went overdue, and J1 was not found: both again, J1 at jio, whose sighting is its newest.
 */
const CONTEXT = { ...AT_ONCE, sweepHours: '24', operators: 'airtel,jio' };

/** The same app, whose functions are told of other operators. */
async function withOperators(operators: string): Promise<string> {
  return changedAssembly(await synthesize({ bare: true, context: CONTEXT }), {
    'dev-workflow.template.json': ({ Resources }: Template) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type !== 'AWS::Lambda::Function') continue;
        const { Variables } = Properties.Environment as { Variables: Record<string, string> };
        if (Variables.OPERATORS !== undefined) Variables.OPERATORS = operators;
      }
    },
  });
}

let lab: Lab;
let first: Summary;
let second: Summary;
let receipts: Record<string, unknown>[];
let strays: Record<string, unknown>[];

beforeAll(async () => {
  lab = await Lab.open({ context: CONTEXT });
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
  await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`]);
  const waiting = await report(lab, 'mha', [H1, H2]);
  await lab.at(3);
  const changed = await withOperators('airtel,vi');
  await lab.cloud.deploy(changed);
  await lab.at(4);
  await lab.respond(await lab.direction(waiting, 'reverify', 'jio'), [`${J1},not_found`]);
  await lab.respond(await lab.direction(waiting, 'block', 'jio'), [`${H1},blocked`]);
  await lab.respond(`${waiting}.reverify.jio.9-0-0`, [`${J1},verified`], 'nowhere.csv');
  await lab.at(20);
  first = await summaryOf(lab, waiting);
  const later = await report(lab, 'up-police', [H1]);
  await lab.cloud.run();
  second = await summaryOf(lab, later);
  const keys = await lab.outbox('receipts/jio/');
  receipts = await Promise.all(keys.map((key) => lab.json<Record<string, unknown>>(key)));
  strays = (await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'stray_object');
  await rm(changed, { recursive: true });
  return () => lab.close();
});

describe('a batch that waits while operators are added and removed', () => {
  it('keeps the operators that it was planned with, and its books balance', () => {
    expect(Object.keys(first.operators)).toEqual(['airtel', 'jio']);
    expect(first).toMatchObject({
      unexplained: 0,
      connections: { linked: 2, directed: 2, notFound: 1, overdue: 1 },
      blocks: { rows: 4, directed: 4, blocked: 1, overdue: 3 },
    });
    expect(first.operators.jio).toMatchObject({
      directions: 2,
      latestImport: '2026-06-01T00:00:00Z',
      connections: { linked: 1, notFound: 1 },
      blocks: { rows: 2, blocked: 1 },
    });
  });

  it('has the answers of an operator recorded that is configured no more', () => {
    expect(receipts).toHaveLength(2);
    for (const receipt of receipts) expect(receipt).toMatchObject({ rows: 1, recorded: 1, refused: null });
  });

  it("leaves other files of such an operator's where they are, as those of any that isn't configured", () => {
    expect(strays).toEqual([
      expect.objectContaining({ why: 'unknown_operator', key: expect.stringMatching(/nowhere\.csv$/) }),
    ]);
  });
});

describe('a batch that is planned afterwards', () => {
  it('has the handsets blocked at the new operators; a number stays with that of its newest sighting', () => {
    expect(Object.keys(second.operators)).toEqual(['airtel', 'vi', 'jio']);
    expect(second).toMatchObject({
      unexplained: 0,
      connections: { linked: 2, directed: 2, overdue: 2 },
      blocks: { rows: 2, directed: 2, overdue: 2 },
    });
    expect(second.operators.jio).toMatchObject({ connections: { linked: 1, directed: 1 }, blocks: { rows: 0 } });
    expect(second.operators.vi).toMatchObject({ connections: { linked: 0 }, blocks: { rows: 1, directed: 1 } });
  });
});
