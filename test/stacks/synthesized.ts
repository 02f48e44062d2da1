import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { type StageConfig, stageFromContext } from '../../lib/config/stage.ts';
import { addStage } from '../../lib/stacks/stage.ts';

/** The app's stacks as templates, without bundling the functions. */
export function synthesized(config: StageConfig = stageFromContext({ config: 'none' })) {
  const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
  const { data, workflow, access, operations } = addStage(app, config);
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
