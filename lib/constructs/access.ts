import { Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';

/** Gives a function's role these actions on these resources, and nothing else, in a policy of its own. */
export function allow(to: IFunction, actions: string[], ...resources: string[]): Policy {
  if (!to.role) throw new Error(`the function ${to.node.id} has no role`);
  const policies = to.node.children.filter((child) => child instanceof Policy).length;
  return new Policy(to, `Allow${policies + 1}`, {
    roles: [to.role],
    statements: [new PolicyStatement({ actions, resources })],
  });
}

/** Gives a function's role these actions on the objects of these buckets, which are of another stack. */
export function allowObjects(to: IFunction, actions: string[], ...buckets: IBucket[]): void {
  const policy = allow(to, actions, ...buckets.map((bucket) => bucket.arnForObjects('*')));
  for (const bucket of buckets) {
    const owner = Stack.of(bucket);
    const exported = owner.resolve(owner.exportValue(bucket.bucketArn));
    acknowledge(policy, `Resource::${exported['Fn::ImportValue']}/*`, 'The keys of objects are made while it runs.');
  }
}

/** Says why the role of a state machine has the wildcards that its tasks bring. */
export function acknowledgeMachine(
  machine: StateMachine,
  functions: readonly IFunction[],
  others: Record<string, string>,
) {
  const stack = Stack.of(machine);
  for (const invoked of functions) {
    const id = stack.getLogicalId(invoked.node.defaultChild as CfnFunction);
    acknowledge(
      machine,
      `Resource::<${id}.Arn>:*`,
      'Any version or alias of this one function, as the task asks for it.',
    );
  }
  for (const [finding, reason] of Object.entries(others)) acknowledge(machine, finding, reason);
}

function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
}
