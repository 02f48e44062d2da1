import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { acknowledge } from './access.ts';
import { bundleOf } from './bundles.ts';
import { NamedRole } from './named-role.ts';

const lambdas = fileURLToPath(new URL('../../lambdas', import.meta.url));

/** Settings of one function. `E` is what its handler's schema of the environment takes: a missing variable does not compile. */
export interface HandlerFunctionProps<E extends Record<string, string>> {
  readonly config: StageConfig;
  /** Folder under `lambdas/`. */
  readonly folder: string;
  readonly environment: E;
  readonly description: string;
  /** Megabytes. */
  readonly memory: number;
  readonly timeout: Duration;
  /** Set where a place among the account's functions is kept free for it, while others take all that there is. */
  readonly keptFree?: boolean;
}

/** A function of this system: bundled from its folder, on the current Node, with a log group and a role of its own. */
export class HandlerFunction<E extends Record<string, string>> extends LambdaFunction {
  /** Places among the account's functions that are kept free for it, which is also as many as run of it at once; 0: none are. */
  readonly placesKept: number;

  constructor(scope: Construct, id: string, { config, ...props }: HandlerFunctionProps<E>) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: config.retention.logDays,
      removalPolicy: config.protect ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const role = new NamedRole(scope, `${id}Role`, {
      stage: config.stage,
      kind: 'function',
      who: id,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    acknowledge(role, 'Resource::*', 'Traces go to the account; X-Ray knows no narrower resource.');
    const placesKept = props.keptFree ? config.operations.reservedConcurrency : 0;
    super(scope, id, {
      // A template alone, for its tests, needs no bundle.
      code: Code.fromAsset(
        Stack.of(scope).bundlingRequired ? bundleOf(scope, props.folder) : `${lambdas}/${props.folder}`,
      ),
      handler: 'index.handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory,
      timeout: props.timeout,
      ...(placesKept > 0 ? { reservedConcurrentExecutions: placesKept } : {}),
      environment: { ...props.environment, STAGE: config.stage, NODE_OPTIONS: '--enable-source-maps' },
      tracing: Tracing.ACTIVE,
      logGroup,
      role,
    });
    this.placesKept = placesKept;
  }
}
