import { describe, expect, test } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { CsvRow } from '../../lambdas/domain/csv-header.ts';
import { columnsAs } from '../../lambdas/domain/file-forms.ts';
import type { Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { day } from './example.ts';

describe('reading a row of a response', () => {
  const uploaded = day('2026-06-05');
  const rows = new Map([
    ['+919876543210', { row: 0, lastSeen: day('2026-05-20'), directedFor: day('2026-05-20') }],
    ['+919876543211', { row: 1, lastSeen: day('2026-05-20'), directedFor: day('2026-05-10') }],
    ['35693803564380', { row: 2, lastSeen: null, directedFor: null }],
  ]);
  const airtel = 'airtel' as OperatorId;
  const parse = (kind: DirectionKind, cells: Record<string, string>, line = 2, operator = airtel) =>
    parseResponseRow({ line, cells }, { kind, operator }, uploaded, (identifier) => rows.get(identifier), [
      'airtel',
      'jio',
      'self-check',
    ]);

  test('the columns follow from the kind of direction', () => {
    expect(responseColumns('reverify')).toEqual({
      required: ['msisdn', 'outcome'],
      optional: ['occurred_on', 'activated_on', 'to', 'ground', 'remarks', 'direction'],
      joined: true,
      dayIn: 'occurred_on',
    });
    expect(responseColumns('block').optional).toEqual(['occurred_on', 'remarks', 'direction']);
    // The order to unblock a handset for one number alone has that number, and so may a copy of it.
    expect(responseColumns('unblock').optional).toEqual(['msisdn', 'occurred_on', 'remarks', 'direction']);
  });

  test.each(['verified', 'failed', 'disconnected', 'not_found'])('of a connection may say %s', (outcome) => {
    expect(parse('reverify', { msisdn: '09876543211', outcome, occurred_on: '2026-06-04' }, 7)).toEqual({
      line: 7,
      row: 1,
      outcome,
      day: '2026-06-04',
      // A disconnection without a day of its own may be said again each day.
      ...(outcome === 'disconnected' && { isDated: true }),
    });
  });

  describe('of which a column of nearly the name has the day', () => {
    const read = async (header: string, outcome: string, day: string, occurred = '') => {
      const text = `msisdn,outcome,to,occurred_on,${header}\n9876543210,${outcome},jio,${occurred},${day}\n`;
      const found: CsvRow[] = [];
      for await (const some of readCsv([Buffer.from(text)], responseColumns('reverify'))) found.push(...some);
      return found.map((row) =>
        parseResponseRow(row, { kind: 'reverify', operator: airtel }, uploaded, (one) => rows.get(one), ['jio']),
      );
    };
    // The subscriber was seen on 2026-05-20, and the file came on 2026-06-05: an end on 2026-05-01 is of who had the number before.
    test.each([
      ...['occured_on', 'Occurred', 'occurrence date', 'occurred_on (yyyy-mm-dd)', 'OccurredOn', 'Date of occurence'],
      // Beneath the name of the day's column that was written over two.
      '',
      ...['Disconnected from', 'Inactive from', 'Date when disconnected', 'If disconnected date', 'Since', 'Eff. date'],
      ...['Customer disconnection date', 'Service withdrawn on', 'Line cut date', 'SIM block date', 'CloseDate'],
      ...['Stoppage date', 'Disabled on', 'Implemented on', 'Implementation date', 'Status updated on'],
      ...['दिनांक/समय', 'तिथि एवं समय', 'दिनांक व समय', 'दिनाँक', 'दि.', 'डिसकनेक्शन तारीख', 'कब से बंद'],
      ...['date', 'Day', 'dated', 'DATE OF DISCONNECTION', 'disconnected_on', 'Disconnection Date', 'DisconnectedOn'],
      ...[
        'Date/Time of Disconnection',
        'date_of_surrender',
        'surrendered on',
        'ported_on',
        'port-out date',
        'deactivation dt',
        'status date',
        'दिनांक',
      ],
      ...['De-activation Date', 'De-act Dt', 'deact date', 'Deactivated on', 'Dis-connection date', 'date of closure'],
      ...[
        'Date of permanent disconnection',
        'Perm. disc. date',
        'Permanently disconnected on',
        'temp disconnection dt',
      ],
      ...['MNP Date', 'date of MNP', 'MNP out date', 'Action Taken Date', 'Action date', 'PD date', 'TD date', 'PD on'],
      ...['churn date', 'Churned on', 'End date', 'विच्छेदन की तारीख', 'विच्छेदन दिनांक', 'घटना की तिथि'],
      ...['Timestamp', 'Event Timestamp', 'Disconnect Timestamp', 'Deactivation time_stamp', 'Timestamp of closure'],
      ...['SIM deactivation date', 'Date of SIM deactivation', 'Service end date', 'Connection closed on'],
      ...['Number surrendered on', 'Date of disconnection of mobile no', 'Date of deactivation of the SIM'],
      ...['Mobile number status date', 'SIM Card De-act Dt', 'Subscriber churn date', 'Date of discontinuation'],
      ...['Compliance date', 'Complied on', 'Executed on', 'Date of execution', 'Completed on', 'Completion date'],
      ...['Actioned on', 'w.e.f.', 'WEF', 'w.e.f. date', 'Date w.e.f.', 'Disconnected w.e.f.', 'With effect from'],
      ...['Deactive Date', 'MNP Port Out Date', 'MNP porting date', 'PDC Date', 'TDC on'],
      ...['कनेक्शन काटने की तारीख', 'बंद करने की तारीख', 'बन्द होने की तिथि', 'सेवा समाप्ति दिनांक', 'सिम के बंद होने की तारीख'],
      ...['Disconnection Date (dd/mm/yyyy hh:mm)', 'occurred_on (yyyy-mm-dd hh:mm:ss)', 'Date (dd-mmm-yy hh:mm)'],
      ...['DisconnectionDate(DD.MM.YYYY HH:MM:SS)', 'विच्छेदन दिनांक (dd/mm/yyyy hh:mm)', 'Timestamp (hh:mm dd/mm/yyyy)'],
      ...['Service stop date', 'Stopped on', 'Cessation date', 'Service cessation dt', 'Ceased on', 'Cesation date'],
      ...[
        'Last Disconnection Date',
        'Last SIM deactivation date',
        'last_disconnected_on',
        'Date of last disconnection',
      ],
      ...['Disconnection done on', 'Deactivation done date', 'Suspension date', 'Service suspended on', 'Barred on'],
      ...['Barring date', 'Date of service barring', 'Bared on'],
      ...['Effective date of disconnection', 'Disconnection effective date', 'Effective From', 'Effective from date'],
      ...['Disconnection effective from', 'Date of Disconnection/Surrender', 'Disconnected/Ported on', 'TD/PD date'],
      ...['Date of Permanent Disconnection (PD)', 'PD', 'PDC', 'HLR deletion date', 'HSS deleted on', 'Deletion date'],
      ...[
        'Blocked on',
        'Blocking date',
        'Cease date',
        'Disconnection Date (DD-MON-YYYY)',
        'occurred_on (dd-mon-yy)',
        'Disconnection date (in dd-mm-yyyy)',
        'Disconnection date (format: dd-mm-yyyy)',
        'Disconnection date (dd-mm-yyyy HH24:MI)',
        'Disconnection date (dd-mm-yyyy hh:mm AM/PM)',
        'Disconnection date (if any)',
        'Disconnection Date (dd-mm-yyyy hhmm)',
        'विच्छेदन दिनांक (dd/mm/yyyy hhmm)',
        'occurred_on (hhmm dd/mm/yyyy)',
        'Disconnected on (dd/mm/yy(yy))',
        'Disconnection Date (DMY)',
        'Date (MDY)',
        'occurred_on (YMD)',
        'occurred_on (ddmmyyyyy)',
        'Disconnected (DMY)',
        'occurred_on (yyyy-mm-ddThh:mm:ss)',
        'occurred_on (ddmmyyyy hhmmss)',
        'Disconnected on (dd/mm/[yy]yy)',
        'Disconnected on (d/dd/m/mm/yyyy)',
        'Disconnected on (dd/mm/yyyy hh:mm h)',
        'Disconnection date in HLR',
        'Actual disconnection date',
        'Date of action taken by TSP',
        'D.O.D.',
        'When',
        'Dormant since',
        'Not in service since',
        'Outgoing/incoming stopped on',
        'दिनांक विच्छेदन',
        'Disconnected [dd-mon-yyyy]',
        'Ceasing date',
        'Date of disconnection or surrender',
        'Disconnection and port out dt',
      ],
      ...['विच्छेदन का दिनांक', 'बंद करने का दिनांक', 'कनेक्शन काटने का दिनांक', 'डिस्कनेक्शन दिनांक', 'डिस्कनेक्शन की तारीख'],
      ...[
        'Disconnected since',
        'Inactive since',
        'Date of cut-off',
        'Cut off date',
        'Bar date',
        'TERM_DATE',
        'Removed on',
      ],
      ...[
        'Status change date',
        'Status changed on',
        'Date of removal',
        'विच्छेद की तिथि',
        'कटौती की तिथि',
        'विच्छेदन की तिथी',
      ],
      ...['कार्रवाई की तारीख', 'कार्यवाही का दिनांक', 'विच्छेदन के दिनांक', 'सेवा के समाप्ति का दिनांक', 'डिस्कनेक्ट करने की तिथि'],
    ])('is a reject where it ends the connection: %s', async (name) => {
      for (const outcome of ['disconnected', 'surrendered', 'ported'])
        expect(await read(name, outcome, '2026-05-01')).toEqual([{ line: 2, reason: 'bad_date' }]);
    });
    test.each(['01/05/2026', '46143', '2026-06-04', '3 June', '2026-05-01 10:30'])(
      'is a reject whatever other day, or none, that is: %s',
      async (day) => expect(await read('date', 'disconnected', day)).toEqual([{ line: 2, reason: 'bad_date' }]),
    );
    test.each(['', '-', 'n/a', '2026-06-05', '2026-06-05 00:00:00', '2026-06-05 10:30:15'])(
      'is taken where that says nothing, or the day of the upload: %s',
      async (day) => expect(await read('date', 'disconnected', day)).toMatchObject([{ row: 0, day: '2026-06-05' }]),
    );
    test.each([
      ...['Disconnection Time', 'disconnected_time', 'Event Time', 'Time of disconnection', 'SIM deactivation time'],
      ...['Time of the closure (IST)', 'Disconnection Time (hh:mm:ss)', 'Time of closure (dd/mm/yyyy hh:mm)'],
    ])('is a reject where a column that is called after the time has more than one: %s', async (name) => {
      for (const day of [
        '2026-05-01',
        '05-06-2026 10:30',
        '46178.4375',
        '20260501103000',
        '10:30 on 1st May',
        '1030',
        '10',
        '10 AM IST 1',
        // Dots part the numbers of days, too.
        ...['01.05.2026', '01.05.26', '28.04', '25:05', '10.75', '10:30:75'],
      ])
        expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
      // A time has its day elsewhere.
      for (const time of [
        '10:30',
        '9.05',
        '10:30:15',
        '10:30:15.250',
        '10:30 AM',
        '9:05p.m.',
        '10.30 hrs',
        '10:30 IST',
        '10:30 PM IST',
        '22.30 Hrs IST',
        '10 AM',
        '10:30 बजे',
        '10 बजे',
      ])
        expect(await read(name, 'disconnected', time), time).toMatchObject([{ row: 0, day: '2026-06-05' }]);
      for (const time of ['', 'n/a', '2026-06-05 10:30'])
        expect(await read(name, 'disconnected', time), time).toMatchObject([{ row: 0, day: '2026-06-05' }]);
    });
    test.each([
      ...['SIM deactivated', 'Number disconnected', 'Surrender of SIM', 'Deactive', 'MNP Port Out'],
      'Disconnection',
      'Disconnected',
      'Dis-connected',
      'Permanent Disconnection',
      'De-activated',
      'Suspended',
      'Barred',
      'Ceased',
      'Ported',
      'MNP',
      ...['PD', 'PDC', 'TD', 'Blocked', 'Deleted', 'Disconnection/Surrender', 'Permanent disconnection (PD)'],
      ...[
        'Disconnected (dd-mm-yyyy)',
        'Deactivation TS',
        'Service terminated (DD/MM/YYYY hh:mm)',
        'Disconnected (Y/N)',
        'OG barred / disconnected',
        'Disconnection (IST)',
      ],
    ])('is a reject where a column that is called after the end alone begins like a day: %s', async (name) => {
      for (const day of [
        '2026-05-01',
        '01/05/2026 10:30',
        '1.5.26',
        '01 05 2026',
        '1-May-26',
        '1st May',
        '1May',
        'May 1',
      ])
        expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
      for (const day of ['MAY-01-2026', 'September 30 2025', '20260501', '01052026', '\u200b2026-05-01 (by order)'])
        expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
      for (const day of ['on 01-05-2026', 'Yes (01-05-2026)', 'w.e.f. 01-05-2026', 'done on 1 May 2026', '०१-०५-२०२६'])
        expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
    });
    test.each(['46143', '3/6', '12/3', '3 जून 2026', 'PD 03-05-26'])(
      'is a reject where the name of an end says how its days are written, whatever has a digit: %s',
      async (cell) =>
        expect(await read('Disconnected (dd-mm-yyyy)', 'disconnected', cell)).toEqual([
          { line: 2, reason: 'bad_date' },
        ]),
    );
    test.each(['10.12.15', '10.30.15', '10:30:15'])(
      'is taken where such a name says how its times are: %s',
      async (cell) => {
        for (const outcome of ['disconnected', 'failed'])
          expect(await read('Barred (hh.mm.ss)', outcome, cell)).toMatchObject([{ row: 0, day: '2026-06-05' }]);
      },
    );
    test.each([
      ...['', 'Yes', 'Y', '1', '46143', 'by order 17 of 2026-05-01', '98765-43210', '12345678', '2026-06-05 10:30'],
      ...['123456789', 'marked 1', '1 year', '1 marked', '12 3', '202605011', 'Decision 1', '1-2-34567'],
    ])('is taken where such a column says something else, or the day of the upload: %s', async (cell) =>
      expect(await read('Disconnected', 'disconnected', cell)).toMatchObject([{ row: 0, day: '2026-06-05' }]),
    );
    test.each(['date', 'occured_on', 'Status date', 'Timestamp', 'Disconnected'])(
      'is about who had the number before, where it fails them before that was last seen: %s',
      async (name) => {
        // The 1st of May, or the 5th of January.
        for (const day of ['2026-05-19', '2026-05-01 10:30', '01/05/2026', '01-05-26', '1 May 2026', '20260501'])
          expect(await read(name, 'failed', day), day).toEqual([{ line: 2, reason: 'before_sighting' }]);
        expect(await read(name, 'failed', '2026-05-01', '2026-06-01')).toMatchObject([{ day: '2026-06-01' }]);
        // Beside a failing such a column often has the day of an export, or of an order. The last may be of June, or of May.
        for (const day of ['2026-05-20', '2026-06-04', '2027-01-31', '06/05/2026', '46143', '3 June', ''])
          expect(await read(name, 'failed', day), day).toMatchObject([
            { row: 0, outcome: 'failed', day: '2026-06-05' },
          ]);
      },
    );
    test.each([
      'Date of disconnection',
      'Disconnected on',
      'PD date',
      'Date of surrender',
      'Service end date',
      'date',
      'Disconnected',
    ])(
      'is a reject where that day is still to come: it is planned, or its month changed places with it: %s',
      async (name) => {
        for (const day of ['2026-12-05', '31/03/2027', '31-03-2027 23:59', '31-Mar-2027', '2026-06-06'])
          expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
      },
    );
    test.each(['Execution time', 'Closure time', 'Disconnection Time', 'Time of execution'])(
      'is taken where a column that is called after the time says how long it took: %s',
      async (name) => {
        for (const took of [
          '45 sec',
          '2 days',
          '1 hr 30 min',
          '90 minutes',
          '0.5 hrs',
          '120 ms',
          'within 2 days',
          '3h',
        ])
          expect(await read(name, 'disconnected', took), took).toMatchObject([{ row: 0, day: '2026-06-05' }]);
        for (const day of ['2 days ago', '45', '2 days after 2026-05-01', '1 May'])
          expect(await read(name, 'disconnected', day), day).toEqual([{ line: 2, reason: 'bad_date' }]);
        expect(await read('date', 'disconnected', '2 days')).toEqual([{ line: 2, reason: 'bad_date' }]);
      },
    );
    test('is taken by its own day, and who proves themselves in any case', async () => {
      expect(await read('date', 'disconnected', '2026-05-01', '2026-06-01')).toMatchObject([{ day: '2026-06-01' }]);
      for (const outcome of ['verified', 'not_found'])
        expect(await read('occured_on', outcome, '2026-05-01')).toMatchObject([{ row: 0, outcome, day: '2026-06-05' }]);
    });
    test.each([
      ...['disconnect_by', 'deadline', 'date of birth', 'activation_date', 'print date', 'report_date', 'last_seen'],
      ...[
        'bill date',
        'Re-activation date',
        'Date of activation',
        'due date',
        'port in date',
        'MNP in date',
        'updated',
      ],
      ...[
        'undisconnected',
        'disconnections',
        'PDF',
        'TDS',
        'Action Taken',
        'Status',
        'Action',
        'Report',
        'जन्म की तारीख',
      ],
      ...['occurrences', 'occurrence no', 'disconnection reason', 'days', 'updated_on', 'current date', 'note'],
      ...['Order date', 'Time', 'Timeout', 'Times', 'Uptime', 'Time zone', 'Time of call', 'Created at', 'Entry time'],
      ...['Report timestamp', 'Timestamps', 'Activation time', 'Reconnection time', 'Call time', 'End time zone'],
      ...['SIM activation date', 'SIM date', 'Service date', 'Connection date', 'Number allotted on', 'Mobile date'],
      ...['Service effective date', 'Service status', 'Number', 'SIM', 'Connection', 'Subscriber', 'Date of mobile no'],
      ...['Complaint date', 'Date of complaint', 'Complete address', 'Compliance officer', 'Compliance due date'],
      ...['KYC completion date', 'Completed by', 'Executed by', 'Actioned by', 'Weft', 'wef no', 'Active date'],
      ...['Bill cycle date', 'Last seen date', 'Activation date', 'Last activity date', 'Last date', 'Last bill date'],
      ...['Last recharge date', 'Last used on', 'Service start date', 'Bar code', 'Unbarred on', 'Barring reason'],
      ...['Suspense date', 'Suspect date', 'Bus stop', 'Done on', 'Done date', 'KYC done on', 'Order done on'],
      ...['Date of SMS', 'Date SMS', 'Disconnection date (SMS)', 'Order date (dd/mm/yyyy hh:mm)', 'Time (hh:mm)'],
      ...['Activation date (dd/mm/yyyy hh:mm)', 'Non-stop date', 'Accessed on', 'Process date'],
      ...['Reactive date', 'MNP Port in date', 'PDF date', 'TDS date', 'जन्म तिथि', 'आदेश दिनांक', 'रिपोर्ट की तारीख'],
      ...['कनेक्शन की तारीख', 'सेवा शुरू की तारीख', 'सक्रियण की तारीख', 'बंद', 'समाप्ति'],
      ...[
        'Effective',
        'From',
        'Valid from',
        'Ported from',
        'Customer since',
        'Handset blocked on',
        'Blocked by',
        'Blocked (MDM)',
        'Ported (mdy code)',
        'Blocklist date',
      ],
      ...['Deleted by', 'Record delete date', 'PD no', 'Unblocked on', 'Disconnection and activation date'],
      ...['जन्म का दिनांक', 'का दिनांक', 'आदेश का दिनांक', 'कार्रवाई'],
    ])('is taken beside other columns: %s', async (name) =>
      expect(await read(name, 'disconnected', '2026-05-01')).toMatchObject([{ row: 0, day: '2026-06-05' }]),
    );
  });

  test('in the own form of its operator is a day under another name, too', async () => {
    const columns = columnsAs(responseColumns('reverify'), 'response', { dates: 'DD/MM/YYYY' });
    const text = 'msisdn,outcome,date\n9876543210,disconnected,01/05/2026\n9876543210,disconnected,05/06/2026\n';
    const found: CsvRow[] = [];
    for await (const some of readCsv([Buffer.from(text)], columns)) found.push(...some);
    expect(
      found.map((row) =>
        parseResponseRow(row, { kind: 'reverify', operator: airtel }, uploaded, (one) => rows.get(one), []),
      ),
    ).toEqual([
      { line: 2, reason: 'bad_date' },
      { line: 3, row: 0, outcome: 'disconnected', day: '2026-06-05' },
    ]);
  });

  test('of a handset that is to be unblocked for one number alone is of no other, where it names one', () => {
    const given = (aloneFor: Msisdn | null, msisdn?: string) =>
      parseResponseRow(
        { line: 2, cells: { imei: '356938035643809', outcome: 'unblocked', ...(msisdn !== undefined && { msisdn }) } },
        { kind: 'unblock', operator: airtel },
        uploaded,
        () => ({ row: 2, lastSeen: null, directedFor: null, aloneFor }),
        [],
      );
    const [own, taken] = ['+919876543210' as Msisdn, { row: 2, outcome: 'unblocked' }];
    for (const said of [undefined, '', '09876543210']) expect(given(own, said)).toMatchObject(taken);
    for (const said of ['09876543211', '98765'])
      expect(given(own, said)).toEqual({ line: 2, reason: 'not_in_direction' });
    expect(given(null, '')).toMatchObject(taken);
    expect(given(null, '09876543210')).toEqual({ line: 2, reason: 'not_in_direction' });
  });

  test('in the file of a direction to unblock has the number for which alone that is', async () => {
    const file = 'imei,msisdn,outcome\n356938035643809,09876543211,unblocked\n';
    const read: CsvRow[] = [];
    for await (const rows of readCsv([Buffer.from(file)], responseColumns('unblock'))) read.push(...rows);
    const found = { row: 2, lastSeen: null, directedFor: null, aloneFor: '+919876543210' as Msisdn };
    expect(
      read.map((row) => parseResponseRow(row, { kind: 'unblock', operator: airtel }, uploaded, () => found, [])),
    ).toEqual([{ line: 2, reason: 'not_in_direction' }]);
  });

  test('is of no other direction than the one that it names, as a copy of an order does', () => {
    const own = 'mha-0123456789ab.reverify.airtel.12-3-0';
    const named = (direction: string) =>
      parseResponseRow(
        { line: 2, cells: { msisdn: '9876543210', outcome: 'not_found', direction } },
        { kind: 'reverify', operator: airtel, directionId: own },
        uploaded,
        (identifier) => rows.get(identifier),
        [],
      );
    // A column of that name may be the operator's own, and say something else.
    for (const direction of [
      '',
      '\u200b',
      own,
      own.toUpperCase(),
      `\ufeff${own}`,
      '-',
      'N/A',
      'outgoing',
      `${own}.csv`,
    ])
      expect(named(direction)).toMatchObject({ row: 0, outcome: 'not_found' });
    for (const direction of ['mha-0123456789ab.restore.airtel.14-0-0', own.replace('-0', '-1')])
      expect(named(direction)).toEqual({ line: 2, reason: 'not_in_direction' });
    // Before an upload nobody knows which direction it is about.
    const unknown = { msisdn: '9876543210', outcome: 'not_found', direction: 'mha-0123456789ab.restore.airtel.14-0-0' };
    expect(parse('reverify', unknown)).toMatchObject({ row: 0 });
  });

  test.each(['blocked', 'not_found'])('of a handset may say %s', (outcome) => {
    expect(parse('block', { imei: '356938035643809', outcome, occurred_on: '2026-06-05' })).toEqual({
      line: 2,
      row: 2,
      outcome,
      day: '2026-06-05',
    });
  });

  test('the day is that of the upload where the row does not say, or the column is absent', () => {
    expect(parse('reverify', { msisdn: '9876543210', outcome: 'verified', occurred_on: '' })).toMatchObject({
      day: '2026-06-05',
    });
    expect(parse('reverify', { msisdn: '9876543210', outcome: 'verified' })).toMatchObject({ day: '2026-06-05' });
  });

  test.each<[string, DirectionKind, Record<string, string>, string]>([
    ['no number', 'reverify', { msisdn: '', outcome: 'verified' }, 'missing_msisdn'],
    ['no number of this country', 'reverify', { msisdn: '5876543210', outcome: 'verified' }, 'bad_msisdn'],
    ['a number of another direction', 'reverify', { msisdn: '9999999999', outcome: 'verified' }, 'not_in_direction'],
    ['no outcome', 'reverify', { msisdn: '9876543210', outcome: '' }, 'unknown_outcome'],
    ['a word that is nearly an outcome', 'reverify', { msisdn: '9876543210', outcome: 'Not found' }, 'unknown_outcome'],
    ['our own word', 'reverify', { msisdn: '9876543210', outcome: 'overdue' }, 'unknown_outcome'],
    ["a handset's outcome", 'reverify', { msisdn: '9876543210', outcome: 'blocked' }, 'unknown_outcome'],
    ['no date', 'reverify', { msisdn: '9876543210', outcome: 'verified', occurred_on: '05/06/2026' }, 'bad_date'],
    [
      'a date to come',
      'reverify',
      { msisdn: '9876543210', outcome: 'verified', occurred_on: '2026-06-06' },
      'bad_date',
    ],
    ['no IMEI', 'block', { imei: '', outcome: 'blocked' }, 'missing_imei'],
    ['letters', 'block', { imei: 'ABC', outcome: 'blocked' }, 'not_digits'],
    ['13 digits', 'block', { imei: '3569380356438', outcome: 'blocked' }, 'wrong_length'],
    ['a wrong check digit', 'block', { imei: '356938035643805', outcome: 'blocked' }, 'check_digit_mismatch'],
    ['14 digits alike', 'block', { imei: '11111111111111', outcome: 'blocked' }, 'not_a_device'],
    ['another handset', 'block', { imei: '49015420323751', outcome: 'blocked' }, 'not_in_direction'],
    ["a connection's outcome", 'block', { imei: '35693803564380', outcome: 'verified' }, 'unknown_outcome'],
  ])('is rejected for %s', (_what, kind, cells, reason) => {
    expect(parse(kind, cells, 9)).toEqual({ line: 9, reason });
  });

  test('is rejected where the connection ended, or its subscriber failed, before it was last seen, and only then', () => {
    const told = (outcome: string, occurred_on: string) =>
      parse('reverify', { msisdn: '9876543210', outcome, occurred_on });
    for (const outcome of ['failed', 'disconnected', 'surrendered']) {
      expect(told(outcome, '2026-05-19')).toEqual({ line: 2, reason: 'before_sighting' });
      expect(told(outcome, '2026-05-20')).toMatchObject({ outcome, day: '2026-05-20' });
    }
    // Without a day of its own it is of the day of the upload.
    expect(told('failed', '')).toMatchObject({ outcome: 'failed', day: '2026-06-05' });
    for (const outcome of ['verified', 'not_found'])
      expect(told(outcome, '2026-05-19')).toMatchObject({ outcome, day: '2026-05-19' });
    expect(parse('block', { imei: '35693803564380', outcome: 'blocked', occurred_on: '2020-01-01' })).toMatchObject({
      outcome: 'blocked',
    });
  });

  test('that gives back is rejected on a day before the first order of its direction, as an answer to an earlier one', () => {
    const told = (kind: DirectionKind, outcome: string, occurred_on: string) =>
      parseResponseRow(
        { line: 2, cells: { msisdn: '9876543210', imei: '35693803564380', outcome, occurred_on } },
        { kind, operator: airtel, orderedOn: day('2026-06-03') },
        uploaded,
        (identifier) => rows.get(identifier),
        [],
      );
    const rejected = { line: 2, reason: 'not_in_direction' };
    expect(told('restore', 'restored', '2026-06-02')).toEqual(rejected);
    expect(told('restore', 'restored', '2026-06-03')).toEqual({
      line: 2,
      row: 0,
      outcome: 'restored',
      day: '2026-06-03',
    });
    expect(told('restore', 'restored', '')).toMatchObject({ outcome: 'restored', day: '2026-06-05' });
    // A day that is none, or to come, is mended first.
    expect(told('restore', 'restored', '2026-06-06')).toEqual({ line: 2, reason: 'bad_date' });
    for (const [outcome, kind] of [
      ['not_found', 'restore'],
      ['verified', 'reverify'],
      ['disconnected', 'reverify'],
      ['blocked', 'block'],
    ] as const)
      expect(told(kind, outcome, '2026-06-02')).toMatchObject({ outcome, day: '2026-06-02' });
  });

  test('that a handset is unblocked is no answer to a later order of its direction, either', () => {
    const told = (occurred_on: string) =>
      parseResponseRow(
        { line: 2, cells: { imei: '35693803564380', outcome: 'unblocked', occurred_on } },
        { kind: 'unblock', operator: airtel, orderedOn: day('2026-06-03') },
        uploaded,
        () => ({ row: 2, lastSeen: null, directedFor: null, aloneFor: null }),
        [],
      );
    expect(told('2026-06-02')).toEqual({ line: 2, reason: 'not_in_direction' });
    expect(told('2026-06-03')).toMatchObject({ outcome: 'unblocked' });
  });

  test('that says that a number is reissued is of the day of its activation, later than the sighting it is directed for', () => {
    const told = (activated_on: string, occurred_on = '') =>
      parse('reverify', { msisdn: '9876543210', outcome: 'reissued', activated_on, occurred_on });
    expect(told('2026-05-21')).toEqual({ line: 2, row: 0, outcome: 'reissued', day: '2026-05-21' });
    expect(told('2026-06-05', '2026-06-01')).toMatchObject({ day: '2026-06-05' });
    for (const on of ['', 'May', '2026-06-06']) expect(told(on)).toEqual({ line: 2, reason: 'bad_activated_on' });
    for (const on of ['2026-05-20', '2026-05-19']) expect(told(on)).toEqual({ line: 2, reason: 'not_after_sighting' });
    // Seen on 20 May in a handset that nobody acts upon, and directed for the sighting of the 10th.
    const spared = (activated_on: string) =>
      parse('reverify', { msisdn: '9876543211', outcome: 'reissued', activated_on });
    expect(spared('2026-05-11')).toEqual({ line: 2, row: 1, outcome: 'reissued', day: '2026-05-11' });
    expect(spared('2026-05-10')).toEqual({ line: 2, reason: 'not_after_sighting' });
    expect(told('May', 'June')).toEqual({ line: 2, reason: 'bad_date' });
    expect(parse('reverify', { msisdn: '9876543210', outcome: 'reissued' })).toMatchObject({
      reason: 'bad_activated_on',
    });
    expect(parse('block', { imei: '35693803564380', outcome: 'reissued', activated_on: '2026-06-01' })).toMatchObject({
      reason: 'unknown_outcome',
    });
  });

  test('is rejected for the first reason that applies: identifier, direction, outcome, date', () => {
    const wrong = { outcome: 'perhaps', occurred_on: 'soon' };
    expect(parse('reverify', { ...wrong, msisdn: '12' })).toMatchObject({ reason: 'bad_msisdn' });
    expect(parse('reverify', { ...wrong, msisdn: '9999999999' })).toMatchObject({ reason: 'not_in_direction' });
    expect(parse('reverify', { ...wrong, msisdn: '9876543210' })).toMatchObject({ reason: 'unknown_outcome' });
    expect(parse('reverify', { ...wrong, msisdn: '9876543210', outcome: 'failed' })).toMatchObject({
      reason: 'bad_date',
    });
  });

  test('names what is reserved for the self-check in its own responses only', () => {
    const own = { msisdn: '+910012345678', outcome: 'verified' };
    rows.set('+910012345678', { row: 3, lastSeen: day('2026-05-20'), directedFor: day('2026-05-20') });
    expect(parse('reverify', own, 2, 'self-check' as OperatorId)).toMatchObject({ row: 3, outcome: 'verified' });
    expect(parse('reverify', own)).toEqual({ line: 2, reason: 'bad_msisdn' });
    expect(parse('reverify', { ...own, msisdn: '9876543210' }, 2, 'self-check' as OperatorId)).toEqual({
      line: 2,
      reason: 'self_check',
    });
  });

  test('with more or fewer cells than the header is rejected before all other reasons', () => {
    const row: CsvRow = { line: 4, reason: 'wrong_cell_count', text: '12,verified,x,y,z' };
    expect(
      parseResponseRow(
        row,
        { kind: 'reverify', operator: airtel },
        uploaded,
        () => ({ row: 0, lastSeen: null, directedFor: null }),
        [],
      ),
    ).toEqual({
      line: 4,
      reason: 'wrong_cell_count',
    });
  });
});
