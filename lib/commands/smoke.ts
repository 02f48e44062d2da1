/**
 * The self-check of a stage: sends a marked report, usage file and response through, of which no row counts, and looks at
 * each answer.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { rejectLine, rejectsHeader } from '../../lambdas/domain/csv.ts';
import { type AgencyId, batchIdOf, type OperatorId, SELF_CHECK } from '../../lambdas/domain/identifiers.ts';
import { receiptKey, rejectsKey, summaryKey } from '../../lambdas/domain/keys.ts';
import { receiptText, refusedReceipt } from '../../lambdas/domain/responses.ts';
import { CHECKER } from '../config/participants.ts';
import { outputsOf } from './outputs.ts';

/** An answer did not come, or is another one than it must be. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
}

/** With whose rights it goes: those of the administrators' role. */
export interface Clients {
  cloudFormation: CloudFormationClient;
  sts: STSClient;
  sfn: SFNClient;
}

export interface SmokeSettings {
  stage: string;
  /** Marks the files, so that each check has a batch of its own. */
  at: Date;
  /** How long each answer is waited for, in milliseconds from its upload on. */
  wait: number;
}

/** A step of the check; each resolves when what it says is so. */
export interface Step {
  says: string;
  /** Later steps make no sense where this one failed. */
  first?: boolean;
  run(): Promise<void>;
}

/** Milliseconds between two looks for an answer. */
const LOOKS_EACH = 500;

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

/** The files: none has a row with the identifier of a handset that there could be. */
export function smokeFiles(at: Date) {
  const mark = `${SELF_CHECK}-${at.toISOString().replace(/[-:.]/g, '')}`;
  const name = (what: string) => `${mark}-${what}.csv`;
  const day = at.toISOString().slice(0, 10);
  const none = '00000000000000';
  return {
    report: {
      name: name('report'),
      text: `imei,case_ref,category\n${SELF_CHECK},${mark},${SELF_CHECK}\n${none},${mark},${SELF_CHECK}\n`,
    },
    usage: {
      name: name('usage'),
      text: `imei,msisdn,last_seen,point_of_sale\n${SELF_CHECK},${SELF_CHECK},${day},${mark}\n${none},,${day},${mark}\n`,
    },
    response: { name: name('response'), text: `msisdn,outcome,remarks\n${SELF_CHECK},verified,${mark}\n` },
    /** Of the report and of the usage file alike. */
    rejects: `${rejectsHeader}${rejectLine({ line: 2, value: SELF_CHECK, reason: 'not_digits' })}${rejectLine({ line: 3, value: none, reason: 'not_a_device' })}`,
  };
}

/** The steps of one check, to be run in this order. */
export function smoke({ cloudFormation, sts, sfn }: Clients, { stage, at, wait }: SmokeSettings): Step[] {
  const { report, usage, response, rejects } = smokeFiles(at);
  const keys = {
    report: `reports/${SELF_CHECK}/${report.name}`,
    usage: `usage/${SELF_CHECK}/${usage.name}`,
    response: `responses/${SELF_CHECK}/${SELF_CHECK}/${response.name}`,
  };
  const answers = {
    reportRejects: rejectsKey(SELF_CHECK as AgencyId, report.name),
    usageRejects: rejectsKey(SELF_CHECK as OperatorId, usage.name),
    receipt: receiptKey(SELF_CHECK as OperatorId, SELF_CHECK, response.name, sha256Of(response.text)),
    summary: summaryKey(batchIdOf(SELF_CHECK as AgencyId, sha256Of(report.text))),
  };
  let names = { inbox: '', outbox: '', batch: '', role: '' };
  let s3: S3Client;
  let execution = '';
  let until = 0;

  /** Looks again and again until there is something; `look` gives undefined where there is nothing yet. */
  async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > until) throw new CheckFailed(`${what} within ${wait / 1000} s of the uploads`);
      await sleep(LOOKS_EACH);
    }
  }
  const answer = (key: string): Promise<string> =>
    waitFor(`no ${key}`, async () => {
      // Who may not list without a prefix is refused an object that isn't there, as one that is another's.
      const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: names.outbox, Prefix: key }));
      if (!KeyCount) return undefined;
      return (await s3.send(new GetObjectCommand({ Bucket: names.outbox, Key: key }))).Body?.transformToString();
    });
  const same = (key: string, text: string, expected: string) => {
    if (text !== expected) throw new CheckFailed(`${key} is not what it must be: ${text}`);
  };

  return [
    {
      says: `the stacks of ${stage} tell their names`,
      first: true,
      run: async () => {
        const data = await outputsOf(cloudFormation, stage, 'data');
        const workflow = await outputsOf(cloudFormation, stage, 'workflow');
        const access = await outputsOf(cloudFormation, stage, 'access');
        const of = (outputs: ReadonlyMap<string, string>, name: string) => {
          const value = outputs.get(name);
          if (value === undefined) throw new CheckFailed(`there is no output ${name}`);
          return value;
        };
        names = {
          inbox: of(data, 'InboxBucketName'),
          outbox: of(data, 'OutboxBucketName'),
          batch: of(workflow, 'BatchMachineArn'),
          role: of(access, 'CheckerRoles').replaceAll('{id}', CHECKER.id),
        };
      },
    },
    {
      says: 'the role of the self-check is taken on',
      first: true,
      run: async () => {
        const { Credentials } = await sts.send(
          new AssumeRoleCommand({ RoleArn: names.role, RoleSessionName: SELF_CHECK, ExternalId: CHECKER.externalId }),
        );
        const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
        s3 = new S3Client({
          credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
          // The local cloud's buckets have no names in the domain name system.
          forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined,
        });
      },
    },
    {
      says: 'report, usage and response are uploaded',
      first: true,
      run: async () => {
        const put = (key: string, text: string) =>
          s3.send(new PutObjectCommand({ Bucket: names.inbox, Key: key, Body: text, ContentType: 'text/csv' }));
        await put(keys.usage, usage.text);
        await put(keys.response, response.text);
        const { VersionId = '' } = await put(keys.report, report.text);
        execution = `${SELF_CHECK}-${sha256Of(`${keys.report}\n${VersionId}`).slice(0, 32)}`;
        until = Date.now() + wait;
      },
    },
    {
      says: 'Import has rejected the usage, row by row',
      run: async () => same(answers.usageRejects, await answer(answers.usageRejects), rejects),
    },
    {
      says: 'Record has refused the response, with a receipt',
      run: async () => {
        const expected = refusedReceipt(response.name, sha256Of(response.text), 'unknown_direction');
        same(answers.receipt, await answer(answers.receipt), receiptText(expected));
      },
    },
    {
      says: 'Screen has rejected the report, row by row',
      run: async () => same(answers.reportRejects, await answer(answers.reportRejects), rejects),
    },
    {
      says: 'the batch is settled, and its books balance',
      run: async () => {
        const summary = JSON.parse(await answer(answers.summary));
        const { status, unexplained, report: rows } = summary;
        const expected = {
          status: 'settled',
          unexplained: 0,
          report: { rows: 2, rejected: 2, repeats: 0, handsets: 0 },
        };
        same(answers.summary, JSON.stringify({ status, unexplained, report: rows }), JSON.stringify(expected));
      },
    },
    {
      says: 'its execution has told everybody, and succeeded',
      run: async () => {
        const executionArn = `${names.batch.replace(':stateMachine:', ':execution:')}:${execution}`;
        const ended = await waitFor(`the execution ${execution} did not end`, async () => {
          // Where Intake has not started it yet, there is none of that name. More than the status would take the machines' key.
          const asked = new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' });
          const described = await sfn.send(asked).catch((problem: unknown) => {
            if (problem instanceof ExecutionDoesNotExist) return undefined;
            throw problem;
          });
          return described?.status === 'RUNNING' ? undefined : described;
        });
        if (ended.status !== 'SUCCEEDED') throw new CheckFailed(`the execution ${execution} ended as ${ended.status}`);
      },
    },
  ];
}
