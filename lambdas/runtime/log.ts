import { Logger } from '@aws-lambda-powertools/logger';

/** Structured logs. They hold ids of batches and directions and counts; never a key of the inbox, a cell, a number or an IMEI. */
export const log = new Logger();
