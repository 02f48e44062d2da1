/**
 * The properties that the template loader implements, by resource type. A property is named by its path; `[]` stands for every element of a
 * list. A path covers everything below it unless a longer path is listed as well.
 */
export interface ResourceType {
  /** Properties that have the effect they have on AWS. */
  readonly implemented: readonly string[];
  /** Properties that are accepted and have no effect here. */
  readonly accepted: readonly string[];
  /** Names that Fn::GetAtt may ask for. */
  readonly attributes: readonly string[];
}

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::S3::Bucket': {
    implemented: [
      'BucketName',
      'VersioningConfiguration.Status',
      'BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.SSEAlgorithm',
      'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled',
    ],
    accepted: [
      'BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.KMSMasterKeyID',
      'BucketEncryption.ServerSideEncryptionConfiguration[].BucketKeyEnabled',
      'PublicAccessBlockConfiguration',
      'OwnershipControls',
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'ObjectLockEnabled',
      'ObjectLockConfiguration',
      'AccessControl',
      'Tags',
    ],
    attributes: ['Arn'],
  },
  'AWS::S3::BucketPolicy': { implemented: [], accepted: ['Bucket', 'PolicyDocument'], attributes: [] },
  'AWS::DynamoDB::Table': {
    implemented: [
      'TableName',
      'AttributeDefinitions[].AttributeName',
      'AttributeDefinitions[].AttributeType',
      'KeySchema[].AttributeName',
      'KeySchema[].KeyType',
      'BillingMode',
      'GlobalSecondaryIndexes[].IndexName',
      'GlobalSecondaryIndexes[].KeySchema[].AttributeName',
      'GlobalSecondaryIndexes[].KeySchema[].KeyType',
      'GlobalSecondaryIndexes[].Projection.NonKeyAttributes',
      'GlobalSecondaryIndexes[].Projection.ProjectionType',
    ],
    accepted: [
      'PointInTimeRecoverySpecification',
      'SSESpecification',
      'TimeToLiveSpecification',
      'DeletionProtectionEnabled',
      'OnDemandThroughput',
      'WarmThroughput',
      'ContributorInsightsSpecification',
      'TableClass',
      'Tags',
    ],
    attributes: ['Arn'],
  },
  'AWS::SNS::Topic': {
    implemented: ['TopicName'],
    accepted: ['DisplayName', 'KmsMasterKeyId', 'TracingConfig', 'Tags'],
    attributes: ['TopicArn', 'TopicName'],
  },
  'AWS::SNS::TopicPolicy': { implemented: [], accepted: ['PolicyDocument', 'Topics'], attributes: [] },
  'AWS::SNS::Subscription': {
    implemented: [
      'TopicArn',
      'Protocol',
      'Endpoint',
      'FilterPolicy',
      'FilterPolicyScope',
      'RawMessageDelivery',
      'RedrivePolicy.deadLetterTargetArn',
    ],
    accepted: ['Region', 'DeliveryPolicy'],
    attributes: ['Arn'],
  },
  'AWS::SQS::Queue': {
    implemented: [
      'QueueName',
      'VisibilityTimeout',
      'RedrivePolicy.deadLetterTargetArn',
      'RedrivePolicy.maxReceiveCount',
      'ReceiveMessageWaitTimeSeconds',
    ],
    accepted: [
      'MessageRetentionPeriod',
      'SqsManagedSseEnabled',
      'KmsDataKeyReusePeriodSeconds',
      'KmsMasterKeyId',
      'RedriveAllowPolicy',
      'Tags',
    ],
    attributes: ['Arn', 'QueueName', 'QueueUrl'],
  },
  'AWS::SQS::QueuePolicy': { implemented: [], accepted: ['PolicyDocument', 'Queues'], attributes: [] },
  'AWS::Events::Rule': {
    implemented: [
      'Name',
      'EventPattern',
      'ScheduleExpression',
      'State',
      'Targets[].Id',
      'Targets[].Arn',
      'Targets[].Input',
      'Targets[].InputPath',
      'Targets[].DeadLetterConfig.Arn',
    ],
    accepted: [
      'Description',
      'Tags',
      'Targets[].RoleArn',
      'Targets[].RetryPolicy.MaximumRetryAttempts',
      'Targets[].RetryPolicy.MaximumEventAgeInSeconds',
    ],
    attributes: ['Arn'],
  },
  'AWS::Lambda::Function': {
    implemented: [
      'FunctionName',
      'Code.S3Bucket',
      'Code.S3Key',
      'Handler',
      'Runtime',
      'Timeout',
      'MemorySize',
      'Environment.Variables',
      'ReservedConcurrentExecutions',
    ],
    accepted: ['Architectures', 'Description', 'EphemeralStorage', 'LoggingConfig', 'Role', 'Tags', 'TracingConfig'],
    attributes: ['Arn'],
  },
  'AWS::Lambda::Permission': {
    implemented: [],
    accepted: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
    attributes: [],
  },
  'AWS::Lambda::EventInvokeConfig': {
    implemented: ['FunctionName', 'Qualifier', 'MaximumRetryAttempts'],
    accepted: ['MaximumEventAgeInSeconds'],
    attributes: [],
  },
  'AWS::Lambda::EventSourceMapping': {
    implemented: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'Enabled',
      'FunctionResponseTypes',
      'MaximumBatchingWindowInSeconds',
      'ScalingConfig.MaximumConcurrency',
    ],
    accepted: ['Tags'],
    attributes: ['Id'],
  },
  'AWS::StepFunctions::StateMachine': {
    implemented: [
      'StateMachineName',
      'StateMachineType',
      'DefinitionString',
      'DefinitionS3Location.Bucket',
      'DefinitionS3Location.Key',
      'DefinitionSubstitutions',
      'EncryptionConfiguration.Type',
      'EncryptionConfiguration.KmsKeyId',
      'RoleArn',
    ],
    accepted: [
      'LoggingConfiguration',
      'TracingConfiguration',
      'EncryptionConfiguration.KmsDataKeyReusePeriodSeconds',
      'Tags',
    ],
    attributes: ['Arn', 'Name', 'StateMachineRevisionId'],
  },
  'AWS::StepFunctions::StateMachineVersion': {
    implemented: ['StateMachineArn', 'StateMachineRevisionId'],
    accepted: ['Description'],
    attributes: ['Arn'],
  },
  'AWS::StepFunctions::StateMachineAlias': {
    implemented: ['Name', 'RoutingConfiguration[].StateMachineVersionArn', 'RoutingConfiguration[].Weight'],
    accepted: ['Description'],
    attributes: ['Arn'],
  },
  'AWS::KMS::Key': {
    implemented: ['KeySpec', 'KeyUsage'],
    accepted: ['Description', 'EnableKeyRotation', 'KeyPolicy', 'PendingWindowInDays', 'RotationPeriodInDays', 'Tags'],
    attributes: ['Arn', 'KeyId'],
  },
  'AWS::KMS::Alias': { implemented: [], accepted: ['AliasName', 'TargetKeyId'], attributes: [] },
  'AWS::IAM::Role': {
    implemented: ['RoleName', 'Path'],
    accepted: [
      'AssumeRolePolicyDocument',
      'Description',
      'ManagedPolicyArns',
      'MaxSessionDuration',
      'PermissionsBoundary',
      'Policies',
      'Tags',
    ],
    attributes: ['Arn', 'RoleId'],
  },
  'AWS::IAM::Policy': {
    implemented: ['PolicyName'],
    accepted: ['PolicyDocument', 'Roles', 'Users', 'Groups'],
    attributes: [],
  },
  'AWS::IAM::ManagedPolicy': {
    implemented: ['ManagedPolicyName'],
    accepted: ['Description', 'Path', 'PolicyDocument', 'Roles', 'Users', 'Groups'],
    attributes: ['PolicyArn'],
  },
  'AWS::CloudWatch::Alarm': {
    implemented: [],
    accepted: [
      'ActionsEnabled',
      'AlarmActions',
      'AlarmDescription',
      'AlarmName',
      'ComparisonOperator',
      'DatapointsToAlarm',
      'Dimensions',
      'EvaluationPeriods',
      'InsufficientDataActions',
      'MetricName',
      'Metrics',
      'Namespace',
      'OKActions',
      'Period',
      'Statistic',
      'Tags',
      'Threshold',
      'TreatMissingData',
      'Unit',
    ],
    attributes: [],
  },
  'AWS::CloudWatch::Dashboard': {
    implemented: ['DashboardName'],
    accepted: ['DashboardBody', 'Tags'],
    attributes: [],
  },
  'AWS::Logs::MetricFilter': {
    implemented: [],
    accepted: ['FilterName', 'FilterPattern', 'LogGroupName', 'MetricTransformations'],
    attributes: [],
  },
  'AWS::Logs::LogGroup': {
    implemented: ['LogGroupName'],
    accepted: ['RetentionInDays', 'KmsKeyId', 'LogGroupClass', 'Tags'],
    attributes: ['Arn'],
  },
};

/** The intrinsic functions that the loader resolves. */
export const INTRINSICS = [
  'Ref',
  'Fn::GetAtt',
  'Fn::Join',
  'Fn::Sub',
  'Fn::ImportValue',
  'Fn::GetStackOutput',
  'Fn::Select',
  'Fn::Split',
] as const;

/** The pseudo parameters that Ref and Fn::Sub know. */
export const PSEUDO_PARAMETERS = [
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
] as const;

/** The attributes that a resource may have beside Type and Properties: none has an effect here. */
export const RESOURCE_ATTRIBUTES = ['DeletionPolicy', 'UpdateReplacePolicy', 'DependsOn', 'Metadata'] as const;

/** The paths of all properties in `properties` that the type doesn't list. Values that are intrinsics are leaves. */
export function unknownProperties(type: ResourceType, properties: Record<string, unknown>): string[] {
  const listed = [...type.implemented, ...type.accepted];
  const unknown: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (path !== '' && listed.includes(path)) return;
    const longer = path === '' ? listed : listed.filter((l) => l.startsWith(`${path}.`) || l.startsWith(`${path}[]`));
    if (longer.length === 0) {
      unknown.push(path);
    } else if (Array.isArray(value)) {
      for (const element of value) visit(element, `${path}[]`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
    } else {
      unknown.push(path);
    }
  };
  visit(properties, '');
  return [...new Set(unknown)];
}
