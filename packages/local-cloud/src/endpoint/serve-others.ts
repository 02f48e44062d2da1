import { describeStacks, stacksOf } from '../cloudformation/describe-stacks.ts';
import { statesNeeds } from '../rights/enforcement.ts';
import { recognise, S3_WRITES } from '../s3/request.ts';
import { answerSts } from '../sts/sts.ts';
import { actionOf, beforeAnswer, bodyOf, type Call, isLosing, json, meetFault, parse, type Services } from './call.ts';

/** Serves a request of S3. */
export async function serveS3(services: Services, call: Call): Promise<void> {
  const { request, response, path, query, accessKeyId, role } = call;
  const recognised = recognise(request.method ?? 'GET', path, query, request.headers);
  services.enforcement?.requireObject(role, recognised, request.headers, query, services.s3.lacks(recognised));
  const { action, key } = recognised;
  services.consumption.called(accessKeyId, 's3', action);
  await meetFault(services, request, accessKeyId, { service: 's3', action, key });
  beforeAnswer(request, response, () => {
    services.s3.done(recognised, response);
    return S3_WRITES.includes(action) && services.functions.wrote(accessKeyId, { service: 's3', action, key });
  });
  services.s3.serve(request, response, recognised);
}

/** Serves a request of Step Functions. */
export async function serveStates(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const action = actionOf(request);
  const body = parse(await bodyOf(request));
  services.enforcement?.require(role, statesNeeds(action, body));
  services.consumption.called(accessKeyId, 'states', action);
  await meetFault(services, request, accessKeyId, { service: 'states', action });
  const answer = await services.states.call(action, body);
  const isWrite = /^(Start|Stop|Send)/.test(action);
  const drop = isWrite && services.functions.wrote(accessKeyId, { service: 'states', action });
  if (drop || isLosing(request)) {
    response.destroy();
    return;
  }
  json(response, 200, answer);
}

/** Serves a request of KMS. */
export async function serveKms(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const action = actionOf(request);
  const body = parse(await bodyOf(request));
  if (role !== undefined) services.enforcement?.requireKey(role, `kms:${action}`, services.kms.find(body.KeyId));
  services.consumption.called(accessKeyId, 'kms', action);
  await meetFault(services, request, accessKeyId, { service: 'kms', action });
  const answer = services.kms.call(action, body);
  if (isLosing(request)) response.destroy();
  else json(response, 200, answer);
}

/** Serves a request of CloudFormation. */
export async function serveCloudFormation(services: Services, { request, response, role }: Call): Promise<void> {
  const found = stacksOf(services.stacks, new URLSearchParams((await bodyOf(request)).toString()));
  const needs = found.map(({ arn }) => ({ action: 'cloudformation:DescribeStacks', resource: arn }));
  services.enforcement?.require(role, needs, 'AccessDenied', 403);
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(describeStacks(found, services.start));
}

/** Serves a request of STS. */
export async function serveSts(
  { enforcement, account, roles }: Services,
  { request, response, role }: Call,
): Promise<void> {
  const form = new URLSearchParams((await bodyOf(request)).toString());
  const requireAssume = (roleArn: string, externalId: string | undefined) =>
    enforcement?.requireAssume(role, roleArn, externalId);
  const answer = answerSts(form, { account, role, roles, requireAssume });
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(answer);
}
