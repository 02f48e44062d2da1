import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { stageFromContext } from '../../lib/config/context.ts';
import type { StageConfig } from '../../lib/config/stage.ts';
import { addStage } from '../../lib/stacks/stage.ts';

/** The templates by configuration: tests read them, and don't change them. */
const known = new Map<string, Templates>();
type Templates = ReturnType<typeof templatesOf>;

/**
 * The app's stacks as templates, without bundling the functions, and without checking CloudFormation's own rules; `stage.test.ts` checks
 * these for each kind of stage.
 */
export function synthesized(config: StageConfig = stageFromContext({ config: 'none' })): Templates {
  const key = JSON.stringify(config);
  const templates = known.get(key) ?? templatesOf(config);
  known.set(key, templates);
  return templates;
}

function templatesOf(config: StageConfig) {
  const context = { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] };
  const app = new App({ context, builtinCloudFormationValidation: false });
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
