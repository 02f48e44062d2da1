import { AwsError } from '../errors.ts';
import { bodyOf, type Call, json, parseAny, type Services } from './call.ts';

/** The actions of Lambda that are served, by their methods and paths. */
const LAMBDA: Readonly<
  Record<
    string,
    { method: string; path: RegExp; serve: (services: Services, call: Call, name: string) => Promise<void> | void }
  >
> = {
  Invoke: { method: 'POST', path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, serve: invoke },
  ListFunctions: { method: 'GET', path: /^\/2015-03-31\/functions\/?$/, serve: listFunctions },
};
/** The names of the actions of Lambda that are served. */
export const LAMBDA_ACTIONS: readonly string[] = Object.keys(LAMBDA);

/** Serves a request of Lambda. */
export async function serveLambda(services: Services, call: Call): Promise<void> {
  const { request, path, query } = call;
  for (const [action, { method, path: form, serve }] of Object.entries(LAMBDA)) {
    const found = form.exec(path);
    if (found === null || request.method !== method) continue;
    const [parameter] = query.keys();
    const logType = request.headers['x-amz-log-type'] ?? 'None';
    if (parameter !== undefined) throw notImplemented(`${action} with ?${parameter}`);
    if (logType !== 'None') throw notImplemented(`${action} with LogType ${logType}`);
    return serve(services, call, decodeURIComponent(found[1] ?? ''));
  }
  throw notImplemented(`${request.method} ${path}`);
}

function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `the local cloud's Lambda has no ${what}`, 501);
}

async function invoke(services: Services, { request, response, role }: Call, name: string): Promise<void> {
  const payload = (await bodyOf(request)).toString() || '{}';
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  parseAny(payload);
  const spec = services.functions.find(name);
  services.enforcement?.require(role, [{ action: 'lambda:InvokeFunction', resource: spec.arn }]);
  if (type === 'DryRun') {
    response.writeHead(204).end();
  } else if (type === 'Event') {
    services.asyncInvoker.invoke(spec.name, payload);
    response.writeHead(202).end();
  } else {
    const answer = await services.functions.invoke(name, payload);
    const failed = answer.functionError === undefined ? {} : { 'x-amz-function-error': 'Unhandled' };
    response.writeHead(200, { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST', ...failed });
    response.end(answer.payload);
  }
}

function listFunctions(services: Services, { response, role }: Call): void {
  services.enforcement?.require(role, [{ action: 'lambda:ListFunctions', resource: '*' }]);
  const functions = services.functions.list().map((spec) => ({
    FunctionName: spec.name,
    FunctionArn: spec.arn,
    Handler: spec.handler,
    Timeout: spec.timeoutSeconds,
    MemorySize: spec.memoryMb,
    Environment: { Variables: spec.environment },
  }));
  json(response, 200, { Functions: functions });
}
