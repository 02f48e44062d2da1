import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  StateMachineType,
  Succeed,
  TaskInput,
  type TaskStateBase,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { IMPORTS } from '../../../../lambdas/domain/work.ts';
import { ItemsFrom, ResultsUnder } from '../maps.ts';
import { whenFailed, whenMapRunFailed, whenPlacesAreTaken, whenThrottled } from '../retries.ts';

/** The functions and resources that the ImportByPieces machine works with. */
interface ImportParts {
  readonly weigh: IFunction;
  readonly cut: IFunction;
  readonly importPiece: IFunction;
  readonly publishImport: IFunction;
  readonly work: IBucket;
}

/**
 * The import of a large usage file. Input: `{ file: { bucket, key, versionId?, operator, name, uploadedAt }, folder, stretches: [] }`.
 *
 * 1. Weigh the file. If it is held up, that is all.
 * 2. Cut the file, or its next stretch, into pieces. If there is none: 4.
 * 3. Import the pieces, one after the other. If there is more of the file, 2 again.
 * 4. Publish the file's rejects and tell the operator.
 *
 * A failure fails the execution, and a rule tells the administrators; if the file is uploaded again, or its event sent again, it is
 * imported anew, which writes the same links once more.
 */
export function importFlow(scope: Construct, parts: ImportParts): IChainable {
  const flow: Flow = { scope, ...parts };
  const publish = publishTheRejects(flow);
  return weighTheFile(
    flow,
    cutTheFile(flow, (cut) => importThePieces(flow, cut, publish), publish),
  );
}

/** The parts of the steps, and the construct to which they belong. */
interface Flow extends ImportParts {
  readonly scope: Construct;
}

/** Step 1: goes on at `next`, unless the file is held up. Later steps know nothing of it. */
function weighTheFile(flow: Flow, next: IChainable): IChainable {
  const weighFile = invoke(
    flow,
    'Weigh the file',
    flow.weigh,
    "{% $merge([$states.input, { 'gated': $states.result.Payload.gated }]) %}",
  );
  return weighFile.next(
    Choice.jsonata(flow.scope, 'Is it held up?')
      .when(Condition.jsonata('{% $states.input.gated %}'), new Succeed(flow.scope, 'Wait for an admission'))
      .otherwise(next),
  );
}

/** Step 2: goes on at what `pieces` makes if there are any, which may come back to it, and at `none` if there is none. */
function cutTheFile(flow: Flow, pieces: (cut: IChainable) => IChainable, none: IChainable): IChainable {
  const cutFile = invoke(
    flow,
    'Cut the file',
    flow.cut,
    "{% $merge([$states.input, { 'cut': $states.result.Payload }]) %}",
  );
  return cutFile.next(
    Choice.jsonata(flow.scope, 'Is there a piece?')
      .when(Condition.jsonata('{% $states.input.cut.pieces > 0 %}'), pieces(cutFile))
      .otherwise(none),
  );
}

/** Step 3: goes on at `more` if there is more of the file, and at `next` if there isn't. */
function importThePieces(flow: Flow, more: IChainable, next: IChainable): IChainable {
  const { scope, work } = flow;
  const importPieces = DistributedMap.jsonata(scope, 'Import the pieces', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Import',
    // The pieces are imported one at a time, in the file's order: of a sighting that the file has twice the last one stays, as in one
    // piece. A function writes about as many links a second as a new table takes.
    maxConcurrency: 1,
    itemReader: new ItemsFrom(work, '{% $states.input.cut.manifestKey %}', IMPORTS.pieces.pattern),
    itemSelector: {
      file: '{% $states.input.file %}',
      folder: '{% $states.input.folder %}',
      header: '{% $states.input.cut.header %}',
      piece: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: new ResultsUnder(
      work,
      `{% $states.input.folder & '/${IMPORTS.imported.name}' %}`,
      IMPORTS.imported.pattern,
    ),
    outputs:
      "{% $merge([$states.input, { 'stretches': [$states.input.stretches, { 'ResultWriterDetails': $states.result.ResultWriterDetails }] }]) %}",
  });
  importPieces.addRetry(whenMapRunFailed);
  importPieces.itemProcessor(
    invoke(flow, 'Import a piece', flow.importPiece, '{% $states.result.Payload %}', whenPlacesAreTaken),
  );
  return importPieces.next(
    Choice.jsonata(scope, 'Is there more of the file?')
      .when(Condition.jsonata('{% $exists($states.input.cut.next) %}'), more)
      .otherwise(next),
  );
}

/** Step 4, the last one. */
function publishTheRejects(flow: Flow): IChainable {
  return invoke(flow, 'Publish the rejects', flow.publishImport, '{% $states.result.Payload %}');
}

/** A function's task, which gets all of the state's input. */
function invoke(
  { scope }: Flow,
  name: string,
  lambdaFunction: IFunction,
  outputs: string,
  throttled = whenThrottled,
): TaskStateBase {
  return LambdaInvoke.jsonata(scope, name, {
    lambdaFunction,
    payload: TaskInput.fromText('{% $states.input %}'),
    retryOnServiceExceptions: false,
    outputs,
  })
    .addRetry(throttled)
    .addRetry(whenFailed);
}
