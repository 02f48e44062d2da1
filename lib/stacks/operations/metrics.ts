import { Duration, type Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type IFilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { type DimensionsOf, type Measure, NAMESPACE } from '../../../lambdas/domain/measures.ts';
import type { StageConfig } from '../../config/stage.ts';
import type { VersionedMachine } from '../../constructs/versioned-machine.ts';
import type { DataStack } from '../data.ts';
import type { WorkflowStack } from '../workflow/stack.ts';

export const MINUTES = Duration.minutes(5);
export const HOUR = Duration.hours(1);

/** The kinds of files that people upload, as measures name them. */
export const FILES = ['report', 'usage', 'response'];

/** The metrics for alarms and dashboards: the functions' measures, the machines' logs, and those of the other stacks' resources. */
export class Metrics {
  readonly stack: Stack;
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly workflow: WorkflowStack;
  /** The time from one sweep to the next, and from one survey to the next. */
  readonly sweeps: Duration;
  readonly surveys: Duration;

  /** @param stack where alarms, dashboards and filters of logs are added */
  constructor(stack: Stack, config: StageConfig, data: DataStack, workflow: WorkflowStack) {
    this.stack = stack;
    this.config = config;
    this.data = data;
    this.workflow = workflow;
    const { sweepHours, surveyHours } = config.operations;
    this.sweeps = Duration.hours(sweepHours);
    this.surveys = Duration.hours(Math.max(sweepHours, surveyHours));
  }

  /** A measure of the functions: under its dimensions, or under the stage alone. */
  measured<M extends Measure>(
    name: M,
    dimensions?: DimensionsOf<M>,
    { statistic = Stats.SUM, period = MINUTES, label }: { statistic?: string; period?: Duration; label?: string } = {},
  ): Metric {
    const dimensionsMap = { stage: this.config.stage, ...dimensions };
    return new Metric({
      namespace: NAMESPACE,
      metricName: name,
      dimensionsMap,
      statistic,
      period,
      ...(label && { label }),
    });
  }

  /** A measure of a state, as each survey finds it. */
  gauge<M extends Measure>(name: M, dimensions?: DimensionsOf<M>, label?: string): Metric {
    return this.measured(name, dimensions, {
      statistic: Stats.MAXIMUM,
      period: this.surveys,
      ...(label && { label }),
    });
  }

  /** Counts the lines of a machine's log that fit a pattern. */
  logged(machine: VersionedMachine, what: string, filterPattern: IFilterPattern): Metric {
    const name = machine.node.id;
    const filter = new MetricFilter(this.stack, `${name}${what}`, {
      logGroup: machine.logGroup,
      metricNamespace: `${NAMESPACE}/${this.config.stage}`,
      metricName: `${name}${what}`,
      filterPattern,
    });
    return filter.metric({ statistic: Stats.SUM, period: MINUTES });
  }

  /** The resources of a type in the other two stacks, including any that are added there: nothing has to be added here for them. */
  all<T extends Construct>(type: abstract new (...some: never[]) => T): T[] {
    const isOne = (child: IConstruct): child is T => child instanceof type;
    return [this.data, this.workflow].flatMap((stack) => stack.node.children.filter(isOne));
  }
}
