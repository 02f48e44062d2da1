/** Runs the example that `cdk synth` wrote into the folder of its first argument. */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { startCloud } from 'local-cloud';

const [assembly = 'out/example'] = process.argv.slice(2);
const cloud = await startCloud({ assembly, start: Date.parse('2026-06-01T00:00:00Z') });
try {
  const { endpoint, region } = cloud;
  const client = { endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  const stateMachineArn = cloud.names.machines.Reminder;
  await new SFNClient(client).send(
    new StartExecutionCommand({ stateMachineArn, name: 'first', input: '{"whom":"you"}' }),
  );
  await cloud.run();
  const { Items = [] } = await new DynamoDBClient(client).send(
    new ScanCommand({ TableName: cloud.names.tables.Reminders }),
  );
  for (const { pk, text, at } of Items) console.log(`${at?.S}  ${pk?.S}: ${text?.S}`);
  for (const { machine, name, state, error, cause } of cloud.failedExecutions())
    console.error(`${machine} ${name} failed in "${state}": ${error} ${cause}`);
  if (cloud.failures().length > 0) process.exitCode = 1;
} finally {
  await cloud.stop();
}
