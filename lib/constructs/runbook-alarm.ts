import { Alarm, type ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** The severity of an alarm. 1: work stands or is wrong, look at once. 2: look today. 3: look this week, or talk to a participant. */
export type Severity = 1 | 2 | 3;

export interface RunbookAlarmProps {
  readonly stage: string;
  readonly severity: Severity;
  /** What has happened, in a sentence. */
  readonly says: string;
  /** The place of the runbook. */
  readonly runbookUrl: string;
  /** The paragraph of the runbook, as a link to its heading names it. */
  readonly paragraph: string;
  /** The topic that is told of the alarm and of its end. */
  readonly tells: ITopic;
  readonly metric: IMetric;
  /** The first value that alarms. */
  readonly threshold: number;
  readonly compared: ComparisonOperator;
  /** The number of periods in a row; default one. */
  readonly periods?: number;
  /**
   * Whether silence is the trouble: the alarm tells when data that came come no more. Before the first data there is nothing to tell, so
   * that a stage that was just deployed is quiet.
   */
  readonly tellsOfSilence?: boolean;
}

/** An alarm whose description tells its severity, what has happened, and where the runbook says what to do. */
export class RunbookAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: RunbookAlarmProps) {
    const { stage, severity, says, runbookUrl, paragraph, tells, metric, threshold, compared, periods = 1 } = props;
    super(scope, id, {
      alarmName: `${stage}-${id}`,
      alarmDescription: `Severity ${severity}. ${says} ${runbookUrl}#${paragraph}`,
      metric,
      threshold,
      comparisonOperator: compared,
      evaluationPeriods: periods,
      treatMissingData: props.tellsOfSilence ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(tells);
    this.addAlarmAction(action);
    this.addOkAction(action);
    if (props.tellsOfSilence) this.addInsufficientDataAction(action);
  }
}
