import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/** A stack that should be there is not: the stage was not deployed, or it was deployed to another account or region. */
export class NotDeployed extends Error {
  override name = 'NotDeployed';
}

/** The outputs of a stage's stack, by their names. */
export async function outputsOf(
  cloudFormation: CloudFormationClient,
  stage: string,
  stack: string,
): Promise<ReadonlyMap<string, string>> {
  const name = `${stage}-${stack}`;
  const { Stacks: [found] = [] } = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: name }))
    .catch((error: unknown) => {
      if (error instanceof Error && /does not exist/.test(error.message)) return { Stacks: [] };
      throw error;
    });
  if (found === undefined) throw new NotDeployed(`there is no stack ${name} in this account and region`);
  return new Map((found.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
