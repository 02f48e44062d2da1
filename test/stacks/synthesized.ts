import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { type StageConfig, stageFromContext } from '../../lib/config/stage.ts';
import { AccessStack } from '../../lib/stacks/access.ts';
import { DataStack } from '../../lib/stacks/data.ts';
import { OperationsStack } from '../../lib/stacks/operations.ts';
import { WorkflowStack } from '../../lib/stacks/workflow.ts';

/** The app's stacks as templates, without bundling the functions. */
export function synthesized(config: StageConfig = stageFromContext(() => undefined)) {
  const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
  const data = new DataStack(app, 'dev-data', { config });
  const workflow = new WorkflowStack(app, 'dev-workflow', { config, data });
  const access = new AccessStack(app, 'dev-access', { config, data, workflow });
  const operations = new OperationsStack(app, 'dev-operations', { config, data, workflow });
  return {
    data: Template.fromStack(data),
    workflow: Template.fromStack(workflow),
    access: Template.fromStack(access),
    operations: Template.fromStack(operations),
  };
}

/** A state machine's definition, with every reference replaced by an ARN-like text. */
export function definitionOf(
  template: Template,
  idPrefix: string,
): { States: Record<string, Record<string, unknown>> } {
  const machines = template.findResources('AWS::StepFunctions::StateMachine');
  const [, machine] = Object.entries(machines).find(([id]) => id.startsWith(idPrefix)) ?? [];
  const definition = machine?.Properties.DefinitionString;
  const parts: unknown[] = definition['Fn::Join']?.[1] ?? [definition];
  const text = parts.map((part) => {
    if (typeof part === 'string') return part;
    const { Ref: ref } = part as { Ref?: string };
    return ref === 'AWS::Partition' ? 'aws' : 'arn:aws:lambda:ap-south-1:000000000000:function:stand-in';
  });
  return JSON.parse(text.join(''));
}
