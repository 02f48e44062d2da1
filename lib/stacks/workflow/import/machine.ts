import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  StateMachineType,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { IMPORTS } from '../../../../lambdas/domain/work.ts';
import { ItemsFrom, ResultsUnder } from '../maps.ts';
import { whenFailed, whenMapRunFailed, whenThrottled } from '../retries.ts';

/** What the ImportByPieces machine works with. */
export interface ImportParts {
  readonly cut: IFunction;
  readonly importPiece: IFunction;
  readonly publishImport: IFunction;
  readonly work: IBucket;
}

/**
 * The import of a large usage file. Input: `{ file: { bucket, key, versionId?, operator, name, uploadedAt }, folder, stretches: [] }`.
 *
 * 1. Cut the file, or its next stretch, into pieces. Where there is none: 3.
 * 2. Import the pieces, one after the other. Is there more of the file? Then 1 again.
 * 3. Publish the file's rejects and tell the operator.
 *
 * A failure fails the execution, and a rule tells the administrators; the file uploaded again is imported anew, and writes
 * the links that there are once more.
 */
export function importFlow(scope: Construct, { cut, importPiece, publishImport, work }: ImportParts): IChainable {
  const invoke = (name: string, lambdaFunction: IFunction, outputs: string) =>
    LambdaInvoke.jsonata(scope, name, {
      lambdaFunction,
      payload: TaskInput.fromText('{% $states.input %}'),
      retryOnServiceExceptions: false,
      outputs,
    })
      .addRetry(whenThrottled)
      .addRetry(whenFailed);

  // 1
  const cutFile = invoke('Cut the file', cut, "{% $merge([$states.input, { 'cut': $states.result.Payload }]) %}");
  const isThereAPiece = Choice.jsonata(scope, 'Is there a piece?');

  // 2
  const importPieces = DistributedMap.jsonata(scope, 'Import the pieces', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Import',
    // One at a time, in the file's order: of a sighting that the file has twice the last one stays, as in one piece. A
    // function writes about as many links a second as a new table takes.
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
  importPieces.itemProcessor(invoke('Import a piece', importPiece, '{% $states.result.Payload %}'));
  const isThereMore = Choice.jsonata(scope, 'Is there more of the file?');

  // 3
  const publish = invoke('Publish the rejects', publishImport, '{% $states.result.Payload %}');

  isThereMore.when(Condition.jsonata('{% $exists($states.input.cut.next) %}'), cutFile).otherwise(publish);
  isThereAPiece
    .when(Condition.jsonata('{% $states.input.cut.pieces > 0 %}'), importPieces.next(isThereMore))
    .otherwise(publish);
  return cutFile.next(isThereAPiece);
}
