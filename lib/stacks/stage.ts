import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { StageConfig } from '../config/stage.ts';
import { AccessStack } from './access/stack.ts';
import { DataStack } from './data.ts';
import { OperationsStack } from './operations/stack.ts';
import { WorkflowStack } from './workflow/stack.ts';

/** The tag by which the bill, and people who look into the account, tell what belongs to this application, and to which stage. */
const APPLICATION = 'handset-fraud';

/** All stacks of a stage, each under its name; checked by cdk-nag when they are synthesized. */
export function addStage(app: App, config: StageConfig) {
  const { stage, protect: terminationProtection } = config;
  const tags = { application: APPLICATION, stage };
  // Keys get the stack's tags from CloudFormation alone: emulators of it reject a key that has tags of its own in the template.
  for (const [name, value] of Object.entries(tags))
    Tags.of(app).add(name, value, { excludeResourceTypes: ['AWS::KMS::Key'] });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

  const of = { config, terminationProtection, tags };
  const data = new DataStack(app, `${stage}-data`, of);
  const workflow = new WorkflowStack(app, `${stage}-workflow`, { ...of, data });
  const access = new AccessStack(app, `${stage}-access`, { ...of, data, workflow });
  const operations = new OperationsStack(app, `${stage}-operations`, { ...of, data, workflow });
  return { data, workflow, access, operations };
}
