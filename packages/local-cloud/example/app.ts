/** A stack of one page: a function, a table, and a state machine that asks, waits for thirty days and writes. */
import { fileURLToPath } from 'node:url';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { DefinitionBody, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';

const stack = new Stack(new App(), 'example');
const reminders = new Table(stack, 'Reminders', {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  billingMode: BillingMode.PAY_PER_REQUEST,
});
const greet = new NodejsFunction(stack, 'Greet', {
  entry: fileURLToPath(new URL('./handlers/greet.ts', import.meta.url)),
  runtime: Runtime.NODEJS_24_X,
  timeout: Duration.seconds(10),
  environment: { NODE_OPTIONS: '--enable-source-maps' },
  bundling: { format: OutputFormat.ESM, target: 'node24', sourceMap: true },
});
const reminder = new StateMachine(stack, 'Reminder', {
  queryLanguage: QueryLanguage.JSONATA,
  definitionBody: DefinitionBody.fromString(
    stack.toJsonString({
      QueryLanguage: 'JSONata',
      StartAt: 'Greet',
      States: {
        Greet: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: greet.functionArn, Payload: '{% $states.input %}' },
          Output: '{% $states.result.Payload %}',
          Next: 'Wait for thirty days',
        },
        'Wait for thirty days': { Type: 'Wait', Seconds: 30 * 86_400, Next: 'Remind' },
        Remind: {
          Type: 'Task',
          Resource: 'arn:aws:states:::dynamodb:putItem',
          Arguments: {
            TableName: reminders.tableName,
            Item: {
              pk: { S: '{% $states.context.Execution.Name %}' },
              text: { S: '{% $states.input.text %}' },
              at: { S: '{% $states.context.State.EnteredTime %}' },
            },
          },
          End: true,
        },
      },
    }),
  ),
});
greet.grantInvoke(reminder);
reminders.grantWriteData(reminder);
