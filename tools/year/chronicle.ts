/** What people of the year's world did and were told, with its instants: all that the reckoning goes by. */
import type { OrderNotice } from '../../simulation/desk.ts';
import type { ReportFile } from './files.ts';
import type { Sighting } from './life.ts';

/** A usage file, as far as it can be taken. */
export interface SentUsage {
  readonly operator: string;
  readonly key: string;
  /** When it was uploaded. */
  readonly at: number;
  readonly rows: number;
  readonly sightings: readonly Sighting[];
  /** When its sightings counted: at once, or when an approver admitted the file; undefined while it is held up. */
  countsFrom: number | undefined;
  isGated: boolean;
}

/** A report's file, the first time that it was uploaded. */
export interface SentReport {
  readonly agency: string;
  readonly batchId: string;
  readonly key: string;
  /** IMEIs of 14 digits. */
  readonly handsets: readonly string[];
  readonly rows: ReportFile['rows'];
  /** The instants of its uploads: the first one, and those after it lapsed. */
  readonly begun: number[];
}

/** What an approver says of a batch; handsets with 14 digits. */
export interface Word {
  readonly decision: 'approve' | 'refuse' | 'block' | 'reverify' | 'strike';
  readonly imei?: string;
  /** A number in E.164, of whom is left out of a reversal. */
  readonly msisdn?: string;
}

export interface SaidDecision {
  readonly approver: string;
  readonly batchId: string;
  readonly at: number;
  /** The SHA-256 of the preview that it is about. */
  readonly preview: string;
  readonly words: readonly Word[];
}

export interface SaidExemption {
  readonly approver: string;
  readonly at: number;
  /** A number in E.164, or an IMEI of 14 digits. */
  readonly subject: string;
  /** The last day. */
  readonly until: string;
}

/** A row of a response. */
export interface AnswerRow {
  /** A number in E.164, or an IMEI of 14 digits. */
  readonly identifier: string;
  readonly outcome: string;
  /** The day on which it happened, or since when the number is somebody else's. */
  readonly on: string;
  /** Where it was ported to, or why it is extended. */
  readonly by?: string;
}

export interface GivenAnswer {
  readonly operator: string;
  readonly direction: string;
  readonly name: string;
  readonly sha256: string;
  readonly at: number;
  readonly rows: readonly AnswerRow[];
}

/** A row of an appeal: a number in E.164, an IMEI of 14 digits, or a reference. */
export interface AppealRow {
  readonly msisdn?: string;
  readonly imei?: string;
  readonly reference?: string;
  readonly ground: string;
}

/** What a caseworker, or an agency that withdraws, asks to be given back. */
export interface AskedBack {
  readonly batchId: string;
  readonly uploader: string;
  readonly key: string;
  readonly sha256: string;
  /** When it was uploaded. */
  readonly at: number;
  /** Of an appeal, in the order of its lines, from line 2 on. */
  readonly rows: readonly AppealRow[];
  /** Of a withdrawal: of which report, and of which of its handsets; undefined: of all. */
  readonly withdraws: { readonly batchId: string; readonly imeis: readonly string[] | undefined } | undefined;
  /** What approvers make of it: all is granted, none, or all but the first row, which is struck. */
  readonly fate: 'granted' | 'refused' | 'struck';
}

/** An order as it was told of, with what its file held then. */
export interface ToldOrder {
  readonly notice: OrderNotice;
  /** When it was published. */
  readonly at: number;
  readonly operator: string;
  /** Numbers in E.164, or IMEIs of 14 digits. */
  readonly rows: readonly string[];
  /** The ladder's last deadline as a re-verification tells it; undefined of others. */
  readonly disconnectBy: string | undefined;
  /** By the reference that its operator tells a subscriber: the number. */
  readonly references: ReadonlyMap<string, string>;
}

/** Any notice, as it was published. */
export type Told = Record<string, unknown> & { readonly toldAt: number };

export class Chronicle {
  readonly usage: SentUsage[] = [];
  readonly reports: SentReport[] = [];
  readonly decisions: SaidDecision[] = [];
  readonly exemptions: SaidExemption[] = [];
  readonly answers: GivenAnswer[] = [];
  readonly orders: ToldOrder[] = [];
  readonly askedBack: AskedBack[] = [];
  readonly notices: Told[] = [];
}
