import type { Lab } from './lab.ts';

/**
 * Two batches that meet, small enough to be worked out by hand.
 *
 * Links on 1 June 2026 (the window goes back to 3 December 2025):
 *   H1: A1 airtel 20 May, A2 airtel 21 May, J1 jio 19 May, V1 vi 1 November 2025 (too old)
 *   H2: A1 jio 1 May (older than at airtel), A3 airtel 30 May
 * Report of mha on day 0: H1, H2, H3, H1 again, one invalid IMEI.
 *   4 connections: airtel A1 A2 A3, jio J1. 3 handsets at 5 operators.
 * Day 1: airtel blocked H1 and has no H2; H3 is never answered, nor is any other operator's block.
 * Day 2: airtel verified A1, failed A2 and does not know A3. Day 3: A2 disconnected. jio is silent.
 * Report of up-police on day 10: H1, H4.
 *   3 connections: A1 was verified, and not seen since. A2 is disconnected and not seen since. J1 is open in the first batch until day 16.
 *   H1 is blocked at airtel; at the other four its blocks went overdue on day 2, so again; H4 at five.
 *   Nobody answers.
 */
export const H1 = '35000000000001';
export const H2 = '35000000000002';
export const H3 = '35000000000003';
export const H4 = '35000000000004';
export const A1 = '+919800000001';
export const A2 = '+919800000002';
export const A3 = '+919800000003';
export const J1 = '+917000000001';

export async function tellStory(lab: Lab): Promise<void> {
  await lab.usage('airtel', [
    `${H1},${A1},2026-05-20,Delhi`,
    `${H1},${A2},2026-05-21,Delhi`,
    `${H2},${A3},2026-05-30,`,
  ]);
  await lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`, `${H2},${A1},2026-05-01,Mumbai`]);
  await lab.usage('vi', [`${H1},+919900000009,2025-11-01,Kerala`]);
  await lab.report('mha', [H1, H2, H3, H1, 'no-imei']);
  await lab.at(1);
  const [first] = (await lab.directions('airtel')).map((id) => id.split('.')[0] ?? '');
  if (!first) throw new Error('the first batch has directed nothing');
  await lab.respond(await lab.direction(first, 'block', 'airtel'), [`${H1},blocked`, `${H2},not_found`]);
  await lab.at(2);
  const airtel = await lab.direction(first, 'reverify', 'airtel');
  await lab.respond(airtel, [`${A1},verified`, `${A2},failed`, `${A3},not_found`]);
  await lab.at(3);
  await lab.respond(airtel, [`${A2},disconnected`], 'later.csv');
  await lab.at(10);
  await lab.report('up-police', [H1, H4]);
  await lab.cloud.run();
}

/** The results of the story, worked out by hand. */
export const FIRST = {
  report: { rows: 5, rejected: 1, repeats: 1, handsets: 3 },
  connections: {
    linked: 4,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    reissuedBefore: 0,
    alreadyOpen: 0,
    alreadyDisconnected: 0,
    alreadyVerified: 0,
    directed: 4,
    verified: 1,
    disconnected: 1,
    surrendered: 0,
    notFound: 1,
    ported: 0,
    extended: 0,
    reissued: 0,
    withdrawn: 0,
    overdue: 1,
    overdueFailed: 0,
  },
  blocks: {
    rows: 15,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    alreadyOpen: 0,
    alreadyBlocked: 0,
    directed: 15,
    blocked: 1,
    notFound: 1,
    withdrawn: 0,
    overdue: 13,
  },
  unexplained: 0,
};
export const SECOND = {
  report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
  connections: {
    linked: 3,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    reissuedBefore: 0,
    alreadyOpen: 1,
    alreadyDisconnected: 1,
    alreadyVerified: 1,
    directed: 0,
    verified: 0,
    disconnected: 0,
    surrendered: 0,
    notFound: 0,
    ported: 0,
    extended: 0,
    reissued: 0,
    withdrawn: 0,
    overdue: 0,
    overdueFailed: 0,
  },
  blocks: {
    rows: 10,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    alreadyOpen: 0,
    alreadyBlocked: 1,
    directed: 9,
    blocked: 0,
    notFound: 0,
    withdrawn: 0,
    overdue: 9,
  },
  unexplained: 0,
};
