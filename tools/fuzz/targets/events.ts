/** Events of S3, and texts that people type. */
import { basename } from 'node:path';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import type { Uploaded } from '../../../lambdas/domain/deliveries.ts';
import { CommandError } from '../../../lib/commands/command-line.ts';
import { parseServeArguments } from '../../../lib/commands/local/serve-arguments.ts';
import { parseArguments } from '../../../simulation/arguments.ts';
import { inboxKey } from '../inputs.ts';
import { withLog } from '../log.ts';
import { must, target } from '../target.ts';
import { nastyText, orSpoilt, spoilt } from '../texts.ts';

const { uploads } = await import('../../../lambdas/runtime/upload-events.ts');

/** A secret in the place of a phone number in every event; no log may hold it. */
const SECRET = '9876543210';

const deep = fc.constantFrom('['.repeat(100_000), '{"a":'.repeat(50_000), `${'['.repeat(50_000)}${']'.repeat(50_000)}`);
const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0, 5_000_000_000, 1e308, '', [], {}, [SECRET]),
  nastyText.map((text) => text + SECRET),
);
const good = (key: string, size: number, etag: boolean) => ({
  version: '0',
  'detail-type': 'Object Created',
  time: '2026-06-01T10:00:00Z',
  detail: {
    bucket: { name: 'inbox' },
    object: { key: key + SECRET, size, 'version-id': 'v1', sequencer: '0001', ...(etag ? { etag: SECRET } : {}) },
  },
});
const goodEvent = fc.tuple(inboxKey, fc.nat({ max: 2 ** 40 }), fc.boolean()).map((parts) => good(...parts));

/** The paths of fields that an event may lack or have otherwise. */
const FIELDS = [
  ['time'],
  ['detail'],
  ['detail', 'bucket'],
  ['detail', 'bucket', 'name'],
  ['detail', 'object'],
  ...['key', 'size', 'version-id'].map((field) => ['detail', 'object', field]),
];

function changedField(event: object, path: readonly string[], put: unknown): object {
  const [first = '', ...rest] = path;
  const inner = (event as Record<string, unknown>)[first];
  return { ...event, [first]: rest.length === 0 ? put : changedField((inner ?? {}) as object, rest, put) };
}

const body = fc.oneof(
  { weight: 4, arbitrary: goodEvent.map((event) => JSON.stringify(event)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(goodEvent, fc.constantFrom(...FIELDS), fc.oneof(value, fc.constant(undefined)))
      .map(([event, path, put]) => JSON.stringify(changedField(event, path, put))),
  },
  { weight: 2, arbitrary: spoilt(goodEvent.map((event) => JSON.stringify(event))) },
  {
    weight: 1,
    arbitrary: goodEvent.map((event) =>
      JSON.stringify(event).replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},'),
    ),
  },
  { weight: 1, arbitrary: fc.oneof(deep, nastyText, fc.json(), fc.constant(`x\n    at ${SECRET}`)) },
);

const isInstant = (text: unknown) =>
  typeof text === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) &&
  new Date(`${text.slice(0, 19)}Z`).getTime() >= 0 &&
  new Date(`${text.slice(0, 19)}Z`).toISOString().startsWith(text.slice(0, 19));

/** The event's key, if the whole event is valid. */
function keyOf(text: string): string | undefined {
  try {
    const { time, detail } = JSON.parse(text);
    const { key, size, 'version-id': version } = detail.object;
    const proper =
      isInstant(time) &&
      [detail.bucket.name, key, version].every((one) => typeof one === 'string') &&
      Number.isFinite(size);
    return proper ? key : undefined;
  } catch {
    return undefined;
  }
}

const context = { awsRequestId: 'request' } as Context;
const ONCE = { ApproximateFirstReceiveTimestamp: '1780308000000', ApproximateReceiveCount: '1' };

const events = target(
  { name: 'event', what: 'events of uploads', share: 60 },
  fc.array(fc.tuple(body, fc.boolean()), { minLength: 1, maxLength: 4 }),
  async (bodies) => {
    const worked: Uploaded[] = [];
    const handler = uploads(async (file) => {
      worked.push(file);
      const failing = bodies.some(([text, fails]) => fails && keyOf(text) === file.key);
      if (failing) throw new Error(`a service quotes ${file.key}\n    at ${file.key}`);
    });
    const Records = bodies.map(([text], n) => ({ body: text, messageId: `m${n}`, attributes: ONCE }));
    const lines = await withLog(async () => {
      const answer = await handler({ Records } as Parameters<typeof handler>[0], context);
      const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const failingKeys = bodies.flatMap(([text, fails]) => (fails ? [keyOf(text)] : []));
      for (const [n, [text]] of bodies.entries()) {
        const key = keyOf(text);
        must(
          failed.has(`m${n}`) === (key === undefined || failingKeys.includes(key)),
          'an event comes back exactly where it failed',
        );
      }
    });
    const keys = bodies.flatMap(([text]) => keyOf(text) ?? []);
    must(
      JSON.stringify(worked.map(({ key }) => key)) === JSON.stringify(keys),
      'every proper event is worked on, in order',
    );
    for (const line of lines) must(!line.includes(SECRET), 'no log holds what an event says');
  },
);

const FOLDER = import.meta.dirname;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const FILES = ['events.ts', 'keys.ts', './events.ts', '../inputs.ts'];
const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '--report',
      '--agency',
      '--usage',
      '--respond',
      '--scale',
      '--seed',
      '--start',
      '--operators',
      '--ladder',
      '--out',
      '--speed',
      '--port',
      '--stage',
    ),
  },
  {
    weight: 6,
    arbitrary: orSpoilt(
      fc.constantFrom(
        ...FILES,
        ...FILES.map((file) => `${file}@2d`),
        'mha',
        'jio=keys.ts',
        'jio=keys.ts@36h',
        '0.1',
        '7',
        'normal',
        'silent',
        '2026-06-01T00:00:00Z',
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: spoilt(
      fc.constantFrom('--report=events.ts', '--agency=mha', '--usage=jio=keys.ts', '--scale=1', '--help'),
    ),
  },
  { weight: 1, arbitrary: nastyText },
);
const argv = fc.oneof(
  fc.array(word, { maxLength: 8 }),
  fc.array(word, { maxLength: 4 }).map((more) => ['--report', 'events.ts', '--agency', 'mha', ...more]),
  fc.tuple(
    fc.constantFrom('--scale', '--seed', '--start', '--speed', '--port', '--ladder', '--out'),
    orSpoilt(fc.constantFrom('0.5', '12', '2026-06-01T00:00:00Z', 'normal')),
  ),
);

const commands = target({ name: 'command', what: "the runner's command lines", share: 50 }, argv, (words) => {
  try {
    const settings = parseArguments(words, {
      folder: FOLDER,
      now: NOW,
      agencies: ['mha'],
      operators: ['jio', 'airtel'],
    });
    if (settings !== 'help') {
      const { material, seed, start, out } = settings;
      must(Number.isSafeInteger(seed) && seed >= 0, 'a seed is a whole number');
      must(start % 1000 === 0 && start >= Date.UTC(2001) && start < Date.UTC(2101), 'a start is an instant');
      must(out.startsWith('/'), 'a folder is absolute');
      if (material.kind === 'sample') must(material.scale > 0 && material.scale <= 10, 'a scale is one');
      else
        for (const { path, name } of [...material.usage, ...material.uploads]) {
          must(path.startsWith('/') && basename(path) === name, "a file has its path's name");
          must(
            ['events.ts', 'keys.ts', 'inputs.ts', 'cells.ts', 'csv.ts'].includes(name) || !FILES.includes(name),
            'a file is one that is there',
          );
        }
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    must(/--|unexpected argument/.test(error.message), 'what is wrong with a command line is named');
  }
  try {
    const settings = parseServeArguments(words, NOW);
    if (settings === 'help') return;
    must(settings.speed > 0 && Number.isFinite(settings.speed), 'a speed is one');
    must(settings.port >= 0 && settings.port <= 65_535 && Number.isInteger(settings.port), 'a port is one');
    must(Number.isFinite(settings.start), 'a start is an instant');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    must(/--|unknown option/.test(error.message), 'what is wrong with a command line is named');
  }
});

export const eventTargets = [events, commands];
