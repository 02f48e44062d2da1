/**
 * The design that everybody draws first: one Standard execution per connection, one item per connection, native integrations only. It is
 * here to be run and counted beside the system's own.
 */
import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';

const app = new App();
const stack = new Stack(app, 'per-connection');
const connections = new Table(stack, 'Connections', {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  billingMode: BillingMode.PAY_PER_REQUEST,
});
const orders = new Queue(stack, 'Orders');
const ladder = new StateMachine(stack, 'Ladder', {
  queryLanguage: QueryLanguage.JSONATA,
  definitionBody: DefinitionBody.fromString(readFileSync(new URL('./ladder.asl.json', import.meta.url), 'utf8')),
  definitionSubstitutions: { TABLE: connections.tableName, QUEUE: orders.queueUrl },
});
connections.grantWriteData(ladder);
orders.grantSendMessages(ladder);
app.synth();
