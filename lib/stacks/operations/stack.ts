import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { StageConfig } from '../../config/stage.ts';
import type { DataStack } from '../data.ts';
import type { WorkflowStack } from '../workflow/stack.ts';

import { addAlarms } from './alarms.ts';
import { addDashboards } from './dashboards.ts';
import { Metrics } from './metrics.ts';

interface OperationsStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly workflow: WorkflowStack;
}

/**
 * The stack for the people who run the system: alarms, each with its severity and a link to its paragraph of the runbook, told to the
 * administrators' topic; and two dashboards, of the work and of the machine.
 */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, { config, data, workflow, ...props }: OperationsStackProps) {
    super(scope, id, props);
    // The conditions name the account and not the alarms, which come after the topic.
    data.administrators.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayTell',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [data.administrators.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    data.messagesKey.admitPublisher('cloudwatch.amazonaws.com', data.administrators);

    const metrics = new Metrics(this, config, data, workflow);
    addAlarms(metrics);
    addDashboards(metrics);
  }
}
