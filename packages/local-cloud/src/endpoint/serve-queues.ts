import { AwsError } from '../errors.ts';
import { SQS_ACTIONS } from '../fauxqs/fauxqs.ts';
import { isMoveAction, type MoveAction } from '../sqs/move-tasks.ts';
import { actionOf, beforeAnswer, bodyOf, type Call, json, parse, type Services } from './call.ts';

/** Serves a request of SQS: move tasks of dead letters are served here, the rest by fauxqs. */
export function serveSqs(services: Services, call: Call): Promise<void> | void {
  const action = actionOf(call.request);
  if (isMoveAction(action)) return serveMove(services, call, action);
  if (!(SQS_ACTIONS as readonly string[]).includes(action)) {
    throw new AwsError('UnknownOperationException', `the local cloud's SQS has no ${action || 'such request'}`);
  }
  // SDKs send to the queue's own URL.
  call.request.url = '/';
  serveFauxqs(services, 'sqs', call, action);
}

async function serveMove(
  services: Services,
  { request, response, accessKeyId, role }: Call,
  action: MoveAction,
): Promise<void> {
  const body = parse(await bodyOf(request));
  services.enforcement?.require(role, services.moves.needs(action, body), 'AccessDenied', 403);
  services.consumption.called(accessKeyId, 'sqs', action);
  json(response, 200, services.moves.call(action, body));
  services.pollers.poke();
}

/** Hands a request of SQS or SNS to fauxqs; `known` is its action, if that is known before the body is read. */
export function serveFauxqs(
  services: Services,
  service: string,
  { request, response, accessKeyId }: Call,
  known?: string,
): void {
  beforeAnswer(request, response, () => {
    const action = known ?? services.fauxqs.actionOf(request) ?? '';
    services.consumption.called(accessKeyId, service, action);
    services.pollers.poke();
    const isWrite = /^(Publish|Send|Delete|Change)/.test(action);
    const key = services.fauxqs.messageOf(request);
    return isWrite && services.functions.wrote(accessKeyId, { service, action, ...(key === undefined ? {} : { key }) });
  });
  services.fauxqs.route(request, response);
}
