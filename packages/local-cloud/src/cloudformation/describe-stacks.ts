import { AwsError, escaped } from '../errors.ts';
import type { LoadedStack } from '../templates/assembly.ts';

/** The actions of CloudFormation that are served: the app was deployed when the cloud started. */
export const CLOUDFORMATION_ACTIONS = ['DescribeStacks'] as const;

/** The stacks that a request is about, named by name or ARN; all where it names none. */
export function stacksOf(stacks: readonly LoadedStack[], form: URLSearchParams): readonly LoadedStack[] {
  const action = form.get('Action');
  if (action !== 'DescribeStacks')
    throw new AwsError('InvalidAction', `the local cloud's CloudFormation has no ${action}`);
  for (const field of form.keys())
    if (!['Action', 'StackName', 'Version'].includes(field))
      throw new AwsError('InvalidAction', `the local cloud's DescribeStacks has no ${field}`);
  const name = form.get('StackName');
  if (name === null) return stacks;
  const found = stacks.filter((stack) => stack.name === name || stack.arn === name);
  if (found.length === 0) throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
  return found;
}

/** @param since when the stacks were made, in epoch milliseconds */
export function describeStacks(stacks: readonly LoadedStack[], since: number): string {
  const element = (name: string, text: string) => `<${name}>${escaped(text)}</${name}>`;
  const output = ([key, value]: [string, string]) =>
    `<member>${element('OutputKey', key)}${element('OutputValue', value)}</member>`;
  const members = stacks.map(
    ({ name, arn, outputs }) =>
      `<member>${element('StackId', arn)}${element('StackName', name)}` +
      `${element('CreationTime', new Date(since).toISOString())}${element('StackStatus', 'CREATE_COMPLETE')}` +
      `<Outputs>${Object.entries(outputs).map(output).join('')}</Outputs></member>`,
  );
  return (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>' +
    `<Stacks>${members.join('')}</Stacks></DescribeStacksResult></DescribeStacksResponse>`
  );
}
