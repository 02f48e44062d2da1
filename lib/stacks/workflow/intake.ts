import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { MARKS } from '../../../lambdas/domain/work.ts';
import type { Environment as IntakeEnvironment } from '../../../lambdas/start-batch/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowList, allowObjects, allowStart } from '../../constructs/rights.ts';
import { allowDescribe, allowTell, MARKS_OF_WORK, type Machines, readFrom, type Setting } from './context.ts';

/** The function that reads the queue of reports. */
export function addIntake(setting: Setting, { batch }: Machines): void {
  const { stack, config, data } = setting;
  const { inbox, work } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, UPLOADERS } = setting.told;

  const intake = new HandlerFunction<IntakeEnvironment>(stack, 'Intake', {
    config,
    folder: 'start-batch',
    description: 'Starts one Batch execution per report, named after its batch',
    memory: 256,
    timeout: data.reports.worksFor,
    environment: {
      WORK: work.bucketName,
      AGENCIES: UPLOADERS.AGENCIES,
      BATCH_MACHINE: batch.aliasArn,
      AGENCIES_TOPIC,
      ADMINISTRATORS_TOPIC,
    },
  });
  allowObjects(intake, 'read versions', inbox, INBOX.reports.pattern);
  allowList(intake, 'list versions', inbox, INBOX.reports.pattern);
  allowObjects(intake, 'write', work, ...MARKS_OF_WORK, MARKS.handed.pattern);
  allowStart(intake, batch);
  allowDescribe(setting, intake, batch);
  allowTell(setting, intake, data.agencies, data.administrators);
  readFrom(data.reports, intake, { batchSize: 1 });
}
