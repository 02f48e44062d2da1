/**
 * An error as an AWS service answers it: `code` is the exception's name as it goes over the wire (`ExecutionDoesNotExist`), `status` the
 * HTTP status, `fields` the answer's fields beside the message.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** The error as S3 answers it. */
export function errorXml(error: AwsError): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(error)}`;
}

/** The error as the services of the query protocol (CloudFormation, SNS, STS) answer it. */
export function queryErrorXml(error: AwsError): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse>${element(error)}</ErrorResponse>`;
}

function element({ code, message }: AwsError): string {
  return `<Error><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message></Error>`;
}

/** Text, escaped for XML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * The failure of a state: an error name that Retry and Catch match (`States.Timeout`, `Lambda.TooManyRequestsException`) and a cause, for
 * people. (States Language: "Errors have a name and a cause".)
 */
export class StatesError extends Error {
  override readonly cause: string;

  constructor(error: string, cause = '') {
    super(cause === '' ? error : `${error}: ${cause}`);
    this.name = error;
    this.cause = cause;
  }
}
