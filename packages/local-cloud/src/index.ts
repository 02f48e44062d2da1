/** What the local cloud offers: nothing else of it is for those who use it. */
export { RealClock } from './clock/real-clock.ts';
export { VirtualClock } from './clock/virtual-clock.ts';
export {
  ACCOUNT,
  type CloudNames,
  type CloudSettings,
  type LocalCloud,
  type NextSettings,
  REGION,
  type ReceivedMessage,
  type RunUsage,
  startCloud,
} from './cloud.ts';
export { Dynamo } from './dynamodb/dynamo.ts';
export type { FaultPlan, ServiceCall, StateVisit } from './faults.ts';
export { startFauxqs } from './fauxqs/fauxqs.ts';
export { localMac } from './kms/kms.ts';
export { NotAuthorized } from './rights/enforcement.ts';
export { type Resource, Rights, type Role } from './rights/rights.ts';
export { readPolicy } from './rights/statement.ts';
export { authorization } from './signature.ts';
export { compile, evaluate } from './states/expression.ts';
export type { FailedExecution } from './states/failures.ts';
export { UnsupportedDefinition } from './states/world.ts';
export { loadAssembly } from './templates/assembly.ts';
export { RefusedTemplate } from './templates/refused.ts';
export { resolveStacks, UnsupportedTemplate } from './templates/template.ts';
