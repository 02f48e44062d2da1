import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';

/**
 * A stack, or an output of one, that should be there is not: the stage was not deployed, or to another account or region, or in another
 * version.
 */
export class NotDeployed extends Error {
  override name = 'NotDeployed';
}

/** A stack as CloudFormation describes it; undefined where there is none. */
export async function stackOf(cloudFormation: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  const { Stacks: [found] = [] } = await cloudFormation
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: unknown) => {
      if (error instanceof Error && /does not exist/.test(error.message)) return { Stacks: [] };
      throw error;
    });
  return found;
}

/** The outputs of a stage's stack, by their names. */
export async function outputsOf(
  cloudFormation: CloudFormationClient,
  stage: string,
  stack: string,
): Promise<ReadonlyMap<string, string>> {
  const name = `${stage}-${stack}`;
  const found = await stackOf(cloudFormation, name);
  if (found === undefined) throw new NotDeployed(`there is no stack ${name} in this account and region`);
  return new Map((found.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/**
 * One of a stack's outputs.
 * @throws NotDeployed where it is not there: the stage is of another version
 */
export function outputIn(outputs: ReadonlyMap<string, string>, name: string): string {
  const value = outputs.get(name);
  if (value === undefined) throw new NotDeployed(`there is no output ${name}: deploy this version to the stage`);
  return value;
}
