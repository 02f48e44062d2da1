/** The acts and notices of the people of the year's world, with their instants: the reckoning goes by nothing else. */
import type { OrderNotice } from '../../simulation/desk.ts';
import type { ReportFile } from './files.ts';
import type { Sighting } from './life.ts';

/** A usage file, as far as it can be taken. */
export interface SentUsage {
  readonly operator: string;
  readonly key: string;
  /** The instant of its upload. */
  readonly at: number;
  readonly rows: number;
  readonly sightings: readonly Sighting[];
  /** The instant from which its sightings count: at once, or when an approver admitted the file; undefined while it is held up. */
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

/** A word of an approver about a batch; handsets with 14 digits. */
export interface Word {
  readonly decision: 'approve' | 'refuse' | 'block' | 'reverify' | 'strike';
  readonly imei?: string;
  /** A number in E.164 that is left out of a reversal. */
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
  /** The day on which it happened, or since which the number is somebody else's. */
  readonly on: string;
  /** The operator that it was ported to, or the ground of its extension. */
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

/** A caseworker's or a withdrawing agency's request to give back. */
export interface AskedBack {
  readonly batchId: string;
  readonly uploader: string;
  readonly key: string;
  readonly sha256: string;
  /** The instant of its upload. */
  readonly at: number;
  /** The rows of an appeal, in the order of its lines, from line 2 on. */
  readonly rows: readonly AppealRow[];
  /** The withdrawn report and those of its handsets; undefined `imeis`: all of them. */
  readonly withdraws: { readonly batchId: string; readonly imeis: readonly string[] | undefined } | undefined;
  /** The approvers' decision: all is granted, none, or all but the first row, which is struck. */
  readonly fate: 'granted' | 'refused' | 'struck';
}

/** An order as its notice told it, with the contents of its file at that time. */
export interface ToldOrder {
  readonly notice: OrderNotice;
  /** The instant of its publication. */
  readonly at: number;
  readonly operator: string;
  /** Numbers in E.164, or IMEIs of 14 digits. */
  readonly rows: readonly string[];
  /** The ladder's last deadline, as a re-verification tells it; undefined for others. */
  readonly disconnectBy: string | undefined;
  /** The numbers, by the references that the operator tells subscribers. */
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
