/** Another handset or number beside a row's own: formats.md, `second_handset` and `second_number`. */
import { describe, expect, test } from 'vitest';
import { APPEAL_COLUMNS } from '../../lambdas/domain/appeal-rows.ts';
import type { Columns } from '../../lambdas/domain/csv-header.ts';
import { DECISION_COLUMNS } from '../../lambdas/domain/decision-rows.ts';
import { EXEMPTION_COLUMNS } from '../../lambdas/domain/exemption-rows.ts';
import { LOOKUP_COLUMNS } from '../../lambdas/domain/lookups.ts';
import { REPORT_COLUMNS } from '../../lambdas/domain/screening.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { WITHDRAWAL_COLUMNS } from '../../lambdas/domain/withdrawals.ts';
import { readAll } from './csv-reading.ts';

describe('a second handset or number in a row', () => {
  const [A, B, N, M] = ['352099001234562', '352099002345672', '9876543210', '9876543211'];
  const preview = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  const reasonsOf = async (columns: Columns, ...lines: string[]) => {
    const { rows, fault } = await readAll([Buffer.from(lines.map((line) => `${line}\n`).join(''))], columns);
    expect(fault).toBeNull();
    return rows.map((one) => ('reason' in one ? one.reason : 'taken'));
  };
  test('of a decision is a reject: whom it was to leave out would be cut off', async () => {
    const decisions = (header: string, ...rows: string[]) =>
      reasonsOf(DECISION_COLUMNS, `preview,decision,${header}`, ...rows.map((row) => `${preview},strike,${row}`));
    expect(await decisions('msisdn,msisdn2,remarks', `${N},${M},x`, `${N},,x`, `${N},+91 ${N},x`)).toEqual([
      'second_number',
      'taken',
      'taken',
    ]);
    expect(
      await decisions('imei,imei2,remarks', `${A},${B},x`, `${A},000000000000000,x`, `${A},35-209900-123456-2,x`),
    ).toEqual(['second_handset', 'taken', 'taken']);
    // Also where a spreadsheet has spoilt it, in a column that is called after numbers.
    const spoilt = ['9.19812E+11,,x', '9.19877E+11,,x', ',9.19812E+11,x'].map((cells) => `${N},${cells}`);
    expect(await decisions('msisdn,MSISDN 2,loss,remarks', ...spoilt)).toEqual(['second_number', 'taken', 'taken']);
    // Also where it is of the other kind than what the row names.
    expect(await decisions('msisdn,IMEI No. 2,remarks', `${N},${B},x`, `${N},,x`)).toEqual(['second_handset', 'taken']);
    expect(await decisions('imei,msisdn2,remarks', `${A},${M},x`, `${A},n/a,x`)).toEqual(['second_number', 'taken']);
    // Its handset alone would be struck, and the number cut off.
    expect(await decisions('imei,mobile,remarks', `${A},${M},x`)).toEqual(['second_number']);
    for (const reason of ['second_number', 'second_handset'] as const)
      expect(whatToDo(reason)).toContain('or the only one where it stands under another name,');
    // Whom to call about a handset.
    expect(await decisions('imei,complainant mobile,remarks', `${A},${M},x`)).toEqual(['taken']);
    expect(await decisions('imei,mobile,remarks', `${A},${B},x`)).toEqual(['second_handset']);
  });
  test.each([
    ...[
      'Customer contact',
      'Subscriber contact number',
      'Contact of consumer',
      'Patient contact',
      'User contact mobile',
    ],
    'ग्राहक संपर्क',
  ])('is a reject in a column of whom to call where that is whom a row may be about: %s', async (name) => {
    expect(
      await reasonsOf(DECISION_COLUMNS, `preview,decision,imei,${name},remarks`, `${preview},strike,${A},${M},x`),
    ).toEqual(['second_number']);
    expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,ground,${name}`, `${N},cloned,${M}`, `${N},cloned,${N}`)).toEqual([
      'second_number',
      'taken',
    ]);
  });
  test.each([
    ...['Customer contact', 'Contact No', 'Contact mobile', 'Subscriber ID', 'Customer ID', 'Applicant', 'ID'],
    ...['Account holder mobile', 'Complainant mobile', 'Bank registered mobile', 'Hospital', 'File no', 'Case', 'SIM'],
    ...['Used by', 'Reference', 'मोबाइल', ''],
  ])('of an approval is a reject in a column of whatever name: number in %s', async (name) => {
    const header = `preview,decision,ground,${name}`;
    for (const word of ['approve', 'Approve', ' APPROVE\u200b', '="approve"'])
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},${word},public_interest,+91 ${N}`)).toEqual([
        'second_number',
      ]);
    // Of the whole batch, and beside it nothing.
    for (const cell of ['', 'n/a', '17', 'none'])
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,public_interest,${cell}`)).toEqual([
        'taken',
      ]);
  });
  test.each([
    ...[
      'Case handset',
      'Sim handset',
      'Complaint IMEI',
      'SIM',
      'Account',
      'Case',
      'Officer',
      'Customer contact',
      'x',
      '',
    ],
  ])('of an approval is a reject in a column of whatever name: handset in %s', async (name) => {
    const header = `preview,decision,ground,${name}`;
    expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,public_interest,${B}`)).toEqual([
      'second_handset',
    ]);
  });
  test.each([
    ...[
      '9876543211',
      '+91 98765 43211',
      '0091-9876543211',
      '91-98765–43211',
      '0 98765.43211',
      '९८७६५४३२११',
      '98765-43211',
    ],
    // What a spreadsheet has left of one, and one whose thousands or lakhs it parts.
    ...['9.19877E+11 (hospital)', 'except 9.87654321E+09', '9,876,543,211', '9,87,65,43,211 (ward)', '919,876,543,211'],
    ...['except 9876543211', '9876543211 (hospital switchboard)', '9876543211 and 9876543212', 'but not Mob9876543211'],
    ...[
      'spoken to on 30/05/2026: leave 98765 43211 out',
      'A hospital has 9876543211, so please do not cut that one off',
    ],
    // With a list, or a count, behind, a comma as the decimal point, what fills up an exchange's bytes, and an address.
    ...['except 9876543211,11', 'leave out 9876543211,108', 'not 98765 43211,11 and 12', 'except 9,88E+09'],
    ...['919876543211F', '9876543211<ward@example.com>', '9876543211(ward@example.com)', '9876543211:ward@example.com'],
    ...['9.88 E+09', '98765,43211', 'except 98765, 43211', '98765/43211', '98765 , 43211', '9876, 543211'],
    ...['98765    43211', 'except 9.2E+11', '9.19877E +11', 'except 9876543211@upi'],
  ])('of an approval is a reject within whatever text, in remarks, too: %s', async (cell) => {
    const header = 'preview,decision,ground,remarks';
    const row = `${preview},approve,public_interest`;
    expect(await reasonsOf(DECISION_COLUMNS, header, `${row},"${cell}"`)).toEqual(['second_number']);
    for (const name of ['Leave out', 'Except', 'मोबाइल', 'Mobile', 'Note', 'Case', 'Aadhaar', ''])
      expect(await reasonsOf(DECISION_COLUMNS, `${header},${name}`, `${row},ok,"${cell}"`), name).toEqual([
        'second_number',
      ]);
    // So it is of a held handset, which is acted upon with all of its numbers.
    for (const word of ['block', 'reverify'])
      expect(
        await reasonsOf(DECISION_COLUMNS, 'preview,decision,imei,remarks', `${preview},${word},${A},"${cell}"`),
      ).toEqual(['second_number']);
    // Who strikes or refuses says why in words of their own.
    for (const word of ['strike', 'refuse'])
      expect(
        await reasonsOf(
          DECISION_COLUMNS,
          'preview,decision,imei,remarks,note',
          `${preview},${word},${A},"${cell}","x ${cell}"`,
        ),
      ).toEqual(['taken']);
  });
  test('of a decision about a held handset is none where its remarks name that one alone', async () => {
    const header = 'preview,decision,imei,remarks,note';
    const rows = ['block', 'reverify', 'spare'].map((word) => `${preview},${word},${A},a SIM box (${A}),x`);
    expect(await reasonsOf(DECISION_COLUMNS, header, ...rows)).toEqual(Array(3).fill('taken'));
    const others = ['block', 'spare'].map((word) => `${preview},${word},${A},and ${B},x`);
    expect(await reasonsOf(DECISION_COLUMNS, header, ...others)).toEqual(['second_handset', 'second_handset']);
  });
  test('of a struck number is a reject as all that stands in the remarks', async () => {
    const rows = [M, `+91 ${M}`, `+91 ${N}`, `hospital as ${M}`, 'hospital'].map(
      (remarks) => `${preview},strike,${N},${remarks}`,
    );
    expect(await reasonsOf(DECISION_COLUMNS, 'preview,decision,msisdn,remarks', ...rows)).toEqual([
      ...['second_number', 'second_number', 'taken', 'taken', 'taken'],
    ]);
  });
  test.each(['Leave out 9876543211', 'except 98765-43211', 'All but 9876543211 (hospital)', 'Officer 9876543211'])(
    'of an approval is a reject in a column’s name: %s',
    async (name) => {
      const header = `preview,decision,ground,${name}`;
      const rows = ['approve', 'refuse'].map((word) => `${preview},${word},public_interest,x`);
      expect(await reasonsOf(DECISION_COLUMNS, header, ...rows)).toEqual(['second_number', 'taken']);
    },
  );
  test.each([
    ...[
      B,
      'except 352099002345672',
      '35-209900-234567-2 (hospital)',
      'but not 35209900234567, which is of a ward in the north',
    ],
    ...['३५२०९९००२३४५६७२', '352099–002345–672', 'IMEI352099002345672', '352099002345679 too'],
    ...['3.52099E+14 (hospital)', 'except 3.52099E+14', '352,099,002,345,672'],
    ...['except 352099002345672,12', 'except 3,52E+14', '3,521E+14', '352099002345672F (of the exchange)'],
  ])('of an approval is a reject within whatever text, in remarks, too: handset %s', async (cell) => {
    const header = 'preview,decision,ground,remarks';
    const row = `${preview},approve,public_interest`;
    expect(await reasonsOf(DECISION_COLUMNS, header, `${row},"${cell}"`)).toEqual(['second_handset']);
    for (const name of ['Leave out', 'Except', 'IMEI', 'Case', 'Officer', ''])
      expect(
        await reasonsOf(DECISION_COLUMNS, `preview,decision,ground,remarks,x ${name}`, `${row},ok,"${cell}"`),
        name,
      ).toEqual(['second_handset']);
  });
  test.each([
    ...['notice given on 30/05/2026 10:30', 'F.No. 842-725/2005-VAS', 'OM 800-12/2023-DS-III dated 05-06-2026', 'ok'],
    ...['3 areas, 4500 numbers, 45 handsets', 'preview SHA256 seen', 'call 080-22251234 or 1800-11-4000'],
    ...[
      'as by mail of ram@example.com',
      'FIR 0123/2026, PS 12',
      '4,500 of 45,000.00',
      '1,20,00,000 rupees in 2,000 cases',
    ],
    // Ids of batches, in which ten digits may stand that would be a number.
    ...['batch mha-8123456789ab', 'previews/mha-a7234567890b/preview.html', 'up-police-ab9876543210'],
  ])('of an approval is none by what stands in honest remarks: %s', async (words) => {
    const cell = words.replace('SHA256', preview);
    const row = `${preview},approve,public_interest,"${cell}","${cell}"`;
    expect(await reasonsOf(DECISION_COLUMNS, 'preview,decision,ground,remarks,Note', row)).toEqual(['taken']);
  });
  test.each([
    ...[
      'Approver remarks',
      'Officer remarks',
      "Approver's comments",
      'IO remarks',
      'अधिकारी की टिप्पणी',
      'Not approved by me',
    ],
    ...['Numbers already verified by TSP', 'MSISDN verified by operator', 'Mobile numbers reported by hospital'],
    ...['Leave out (ordered by court)', 'Exempted by competent authority', 'Excluded as requested by police'],
    ...['Competent authority directions', "Approver's recommendation", 'Held back by officer', 'Approver whitelist'],
  ])('of an approval is a reject where a column says whom they leave out who wrote it: %s', async (name) => {
    const header = `preview,decision,ground,${name}`;
    for (const cell of [N, `except ${N}`])
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,public_interest,${cell}`)).toEqual([
        'second_number',
      ]);
  });
  test.each([
    ...['Officer', 'Officer phone', 'Nodal Officer Mobile', 'IO', 'I.O. mobile', 'Approver contact', 'Approver mobile'],
    ...['Filed by', 'Approved by', 'Signed by mobile', 'Reported by', 'अधिकारी', 'नोडल अधिकारी मोबाइल'],
    ...['Authorised signatory phone', 'Signatory mobile', 'Competent authority phone', 'Secretary phone', 'Sent by'],
    ...['Contact (self)', 'Digitally signed by', 'Name rank and contact of IO', 'Under Secretary (Home) phone'],
  ])('of an approval is none in a column of who wrote it: %s', async (name) => {
    const header = `preview,decision,ground,${name}`;
    for (const number of [
      N,
      `+91 ${N}`,
      `Ram ${N}`,
      `अनुमति ${N}`,
      '99876 43210 91234 56789',
      '99876-43210-91234-56789',
    ])
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,public_interest,${number}`)).toEqual([
        'taken',
      ]);
  });
  test.each([
    ...[
      'except 9876543211',
      'leave 9876543211 out',
      'not 9876543211',
      '9876543211 को छोड़कर',
      '9876543211 shall be excluded',
    ],
    ...["don't cut 9876543211", 'all but 9876543211', 'other than 9876543211'],
    // As the system itself says it, and as people do.
    ...['strike 9876543211', 'struck 9876543211', '9876543211 spared', 'omitted 9876543211', 'removed 9876543211'],
    ...['9876543211 retained', 'minus 9876543211', 'less 9876543211', 'apart from 9876543211', 'save 9876543211'],
    ...['excl. 9876543211', 'w/o 9876543211', 'drop 9876543211', 'ignore 9876543211', 'protect 9876543211'],
    ...['whitelist 9876543211', 'no action on 9876543211', '9876543211 cleared', '9876543211 innocent'],
    ...['9876543211 is a hospital', '9876543211 को न काटें', '9876543211 मत काटो', '9876543211 हटा दें', '9876543211 वगळा'],
    ...['9876543211 nahi', '9876543211 chhod kar'],
  ])('of an approval is a reject where they leave somebody out in a column of their own: %s', async (cell) => {
    for (const name of ['Officer', 'Approved by', 'Competent authority'])
      expect(
        await reasonsOf(DECISION_COLUMNS, `preview,decision,ground,${name}`, `${preview},approve,x,"${cell}"`),
      ).toEqual(['second_number']);
  });
  test.each(['+91-80-22251234', '080-2225 1234', '(80) 22251234', '0755 255 1234', '(0612) 223 4567'])(
    'of an approval is none where it is the landline of an office: %s',
    async (landline) => {
      const header = 'preview,decision,ground,Office phone,Office';
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,x,${landline},${landline}`)).toEqual([
        'taken',
      ]);
      expect(await reasonsOf(LOOKUP_COLUMNS, 'msisdn,Office phone', `${N},${landline}`)).toEqual(['taken']);
    },
  );
  test.each(['Aadhaar', 'Aadhar No', 'आधार', 'UID', 'UIDAI number'])(
    'of an appeal is none where a column called %s has twelve digits of which the first are those of the country',
    async (name) => {
      const rows = [`${N},cloned,9198 7654 3211`, `${N},cloned,919876543211`];
      expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,ground,${name}`, ...rows)).toEqual(['taken', 'taken']);
      // They are a number by what the column is called alone.
      expect(await reasonsOf(APPEAL_COLUMNS, 'msisdn,ground,x', ...rows)).toEqual(['second_number', 'second_number']);
      expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,ground,${name} mobile`, ...rows)).toEqual([
        'second_number',
        'second_number',
      ]);
    },
  );
  test.each(['Account holder mobile', 'Hospital patient number', 'A/c holder', 'Hospital patient mobile'])(
    'of a strike is a reject where whom a row may be about is kept by a bank or a hospital: %s',
    async (name) => {
      const header = `preview,decision,imei,msisdn,${name}`;
      const rows = [`,${N},${M}`, `${A},,${M}`, `${A},${N},${M}`, `,${N},+91 ${N}`, `${A},,`];
      expect(await reasonsOf(DECISION_COLUMNS, header, ...rows.map((cells) => `${preview},strike,${cells}`))).toEqual([
        'second_number',
        'second_number',
        'second_number',
        'taken',
        'taken',
      ]);
    },
  );
  test.each(['अधिकारी', 'जाँच अधिकारी मोबाइल', 'Account mobile', 'Customer account no', 'Hospital number'])(
    'of a strike stands in a column of others: %s',
    async (name) => {
      const header = `preview,decision,imei,msisdn,${name}`;
      const rows = [`${preview},strike,,${N},${M}`, `${preview},strike,${A},,${M}`];
      expect(await reasonsOf(DECISION_COLUMNS, header, ...rows)).toEqual(['taken', 'taken']);
    },
  );
  test.each(['Desk phone', 'Director contact', 'Customer contact (self)', 'Applicant'])(
    'of an approval is a reject where the name may be of anybody: %s',
    async (name) => {
      const row = `${preview},approve,public_interest,${N}`;
      expect(await reasonsOf(DECISION_COLUMNS, `preview,decision,ground,${name}`, row)).toEqual(['second_number']);
    },
  );
  test.each([
    ...[
      'Customer helpline contact',
      'Customer contact centre',
      'Customer relations contact no',
      'Consumer forum contact',
    ],
    ...['Consumer court contact no', 'Consumer affairs dept contact', 'User department contact', 'Stakeholder contact'],
  ])('of an appeal is none where it is an office’s: %s', async (name) => {
    expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,ground,${name}`, `${N},wrong_number,${M}`)).toEqual(['taken']);
  });
  test.each(['contact', 'Officer', 'Filed by'])(
    'of an appeal is none where two numbers in fives stand in a column of whom to call: %s',
    async (name) => {
      for (const cell of ['99876 43210 91234 56789', '99876-43210-91234-56789', '99876.43210.91234.56789'])
        for (const own of [`msisdn,ground,${name}/${N}`, `imei,ground,${name}/${A}`].map((one) => one.split('/')))
          expect(await reasonsOf(APPEAL_COLUMNS, `${own[0]}`, `${own[1]},cloned,${cell}`)).toEqual(['taken']);
    },
  );
  test('of an appeal is none where a virtual id has as many digits', async () => {
    const row = `${N},cloned,9187 6543 2101 2345`;
    expect(await reasonsOf(APPEAL_COLUMNS, 'msisdn,ground,Virtual ID', row)).toEqual(['taken']);
    expect(await reasonsOf(APPEAL_COLUMNS, 'msisdn,ground,x', row)).toEqual(['second_handset']);
  });
  test('is a reject though it is spoilt or written as no own cell may be', async () => {
    const handsets = ['3.52099E+14', '352099000000000', '३५२०९९००१७६१५०६', '352099–002345–672', '0.00E+00', ''];
    expect(await reasonsOf(REPORT_COLUMNS, 'imei,IMEI 2', ...handsets.map((cell) => `${A},${cell}`))).toEqual([
      ...Array(4).fill('second_handset'),
      ...['taken', 'taken'],
    ]);
    const numbers = ['९१२३४५६७८०', '0091-9123456780', '91234–56780', '९८७६५४३२१०', '0091-9876543210', '98765–43210'];
    const rows = numbers.map((cell) => `${N},wrong_number,${cell}`);
    for (const name of ['मोबाइल 2', 'Mobile', 'MSISDN 2', 'x'])
      expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,ground,${name}`, ...rows), name).toEqual([
        ...Array(3).fill('second_number'),
        ...Array(3).fill('taken'),
      ]);
  });
  test('of an appeal for a number in a handset may be meant as the pair, which what to do says', () => {
    expect(whatToDo('second_handset')).toContain('of an appeal for a number in that handset, call its column imei;');
    expect(whatToDo('second_number')).toContain('of an appeal for it in the handset, call its column msisdn;');
  });
  test('of a row that is no approval stands as before in a column that is called after others', async () => {
    const header = 'preview,decision,imei,remarks,contact,account mobile,case handset';
    const cells = `${A},x,${N},${N},${B}`;
    for (const word of ['strike', 'refuse', 'approved', ''])
      expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},${word},${cells}`)).toEqual(['taken']);
    expect(await reasonsOf(DECISION_COLUMNS, header, `${preview},approve,${cells}`)).toEqual(['second_handset']);
  });
  test('of exemptions, appeals and lookups is a reject', async () => {
    const exempt = `${N},${M},2026-08-15,in hospital`;
    expect(await reasonsOf(EXEMPTION_COLUMNS, 'msisdn,msisdn2,until,reason', exempt)).toEqual(['second_number']);
    expect(await reasonsOf(APPEAL_COLUMNS, 'imei,imei2,ground', `${A},${B},cloned`, `${A},,cloned`)).toEqual([
      'second_handset',
      'taken',
    ]);
    expect(await reasonsOf(LOOKUP_COLUMNS, 'imei,imei 2', `${A},${B}`, `${A},`)).toEqual(['second_handset', 'taken']);
    const lookups = [`${N},${M}`, `${N},x`, `${N},45000`, `${N},30/05/2026`, `${N},12/2026`, `${N},`];
    expect(await reasonsOf(LOOKUP_COLUMNS, 'msisdn,', ...lookups)).toEqual([
      'second_number',
      ...lookups.slice(1).map(() => 'taken'),
    ]);
  });
  test.each(['mobile', 'phone', 'number', 'Telephone No.', 'sim', 'मोबाइल', 'मोबाइल नंबर', 'दूरभाष', '', 'x'])(
    'in a file that people write by hand is a reject in a column of whatever name: number in %s',
    async (name) => {
      for (const number of [M, `+91 ${M}`, `0${M}`, `91-98765-43211`, `98765 43211`]) {
        const reasons = [
          await reasonsOf(DECISION_COLUMNS, `preview,decision,${name},ground`, `${preview},approve,${number},x`),
          await reasonsOf(
            DECISION_COLUMNS,
            `preview,decision,imei,${name},remarks`,
            `${preview},strike,${A},${number},x`,
          ),
          await reasonsOf(EXEMPTION_COLUMNS, `msisdn,${name},until,reason`, `${N},${number},2026-08-15,x`),
          await reasonsOf(APPEAL_COLUMNS, `imei,${name},ground,case_ref`, `${A},${number},cloned,A-17`),
          await reasonsOf(LOOKUP_COLUMNS, `imei,${name}`, `${A},${number}`),
        ];
        expect(reasons).toEqual(Array(5).fill(['second_number']));
      }
      expect(await reasonsOf(APPEAL_COLUMNS, `msisdn,${name},ground`, `${N},+91 ${N},cloned`)).toEqual(['taken']);
    },
  );
  test.each(['handset', 'device', 'Mobile', 'phone', 'number', 'आईएमईआई', '', 'x'])(
    'in a file that people write by hand is a reject in a column of whatever name: handset in %s',
    async (name) => {
      for (const handset of [B, '35-209900-234567-2', '35209900234567', '3520990023456701']) {
        const reasons = [
          await reasonsOf(DECISION_COLUMNS, `preview,decision,${name},ground`, `${preview},approve,${handset},x`),
          await reasonsOf(EXEMPTION_COLUMNS, `msisdn,${name},until,reason`, `${N},${handset},2026-08-15,x`),
          await reasonsOf(APPEAL_COLUMNS, `msisdn,${name},ground,case_ref`, `${N},${handset},cloned,A-17`),
          await reasonsOf(LOOKUP_COLUMNS, `imei,${name}`, `${A},${handset}`),
          await reasonsOf(WITHDRAWAL_COLUMNS, `imei,${name}`, `${A},${handset}`),
        ];
        expect(reasons).toEqual(Array(5).fill(['second_handset']));
      }
      expect(await reasonsOf(WITHDRAWAL_COLUMNS, `imei,${name}`, `${A},35-209900-123456-2`)).toEqual(['taken']);
    },
  );
  test.each([
    ['S. No.,date,amount', '17,30/05/2026 10:30,"45,000.00"'],
    ['case number,FIR No.,ack no', '7000000017,0123/2026,20806240012345'],
    ['Acknowledgement No,NCRP,complaint id', '35106240012345,35106240012346,35106240012347'],
    ['uploaded at,time,epoch', '20260530103000,2026-05-30T10:30:00Z,1780000000'],
    ['complainant,complainant phone,complainant mobile', `Ram,${M},${M}`],
    ['contact,contact mobile,email', `${M},${M},${M}@example.com`],
    ['contact msisdn,Bank registered mobile', `${M},${M}`],
    ['IO,Nodal Officer Mobile,Filed by', `${M},${M},${M}`],
    ['Request No,Ref No,Customer ID', `${M},${M},${M}`],
    ['Customer care contact,Contact ID', `${M},${M}`],
    ['bank account,UTR,amount', '917010012345678,612345678901,7000000000'],
    ['imsi,iccid,pin', '404101234567897,89910000000000000011,110001'],
    ['Acc No,Txn Id,Aadhaar VID', '352099001234570,35209900123457,9152099001234577'],
    ['x,,CCTNS No', '100012345678902,404101234567897,35209900123457'],
    ['generated,at', '01062026 123045,01062026123045'],
    ['note', `"spoke to ${M} on 3 June, who has ${B} now"`],
    ['address', 'H.No. 98765 Sector 43211'],
  ])('is none beside a handset in what people export: %s', async (names, cells) => {
    expect(await reasonsOf(APPEAL_COLUMNS, `imei,ground,${names}`, `${A},cloned,${cells}`)).toEqual(['taken']);
    expect(await reasonsOf(WITHDRAWAL_COLUMNS, `imei,${names}`, `${A},${cells}`)).toEqual(['taken']);
  });
  test('is one beside a reference, whose own number is not known yet', async () => {
    const rows = ['airtel-12-3-0-1-1', `airtel-12-3-0-1-1,${M}`];
    expect(await reasonsOf(LOOKUP_COLUMNS, 'reference,mobile', `${rows[0]},`, `${rows[1]}`)).toEqual([
      'taken',
      'second_number',
    ]);
    expect(whatToDo('second_number')).toContain(
      'out if you do not mean it, as your own, or one beside a reference, which stands for its number;',
    );
    expect(await reasonsOf(LOOKUP_COLUMNS, 'reference,contact mobile', `${rows[1]}`)).toEqual(['taken']);
    // Of a decision it is a column of any name.
    const decision = `${preview},strike,${A},${M},x`;
    expect(await reasonsOf(DECISION_COLUMNS, 'preview,decision,imei,reference,remarks', decision)).toEqual([
      'second_number',
    ]);
  });
  test('is none where a withdrawal has the numbers of those who complained, as its report had them', async () => {
    expect(await reasonsOf(WITHDRAWAL_COLUMNS, 'imei,mobile,', `${A},${N},${M}`)).toEqual(['taken']);
  });
  test('is none in a column that says whom to call, nor in the notes of a report', async () => {
    expect(await reasonsOf(APPEAL_COLUMNS, 'msisdn,ground,contact mobile', `${N},cloned,${M}`)).toEqual(['taken']);
    expect(await reasonsOf(REPORT_COLUMNS, 'imei,mobile,', `${A},${N},${M}`)).toEqual(['taken']);
  });
  test.each(['SecondIMEINo', 'DualImeiNumber', 'PhoneIMEINo2', 'I.M.E.I. 2', 'दूसरा आईएमईआई', 'IMEI_2'])(
    'of a report or a withdrawal is a reject, in groups and with a note, too: %s',
    async (name) => {
      for (const columns of [REPORT_COLUMNS, WITHDRAWAL_COLUMNS])
        for (const cell of [B, '35-209900-234567-2 (SIM2)', 'IMEI2: 35-209900-234567-2'])
          expect(await reasonsOf(columns, `imei,${name}`, `${A},${cell}`, `${A},`)).toEqual([
            'second_handset',
            'taken',
          ]);
    },
  );
  test.each([
    ['352099002345670', 'with the spare digit 0'],
    ['35209900234567', 'its 14 digits'],
    ['3520990023456701', 'its 16 digits'],
    ['352099002345672 (SIM2)', 'with a word'],
    ['35-209900-234567-2', 'as it is printed'],
    ['13977000323877', 'which begins as no model does today'],
  ])('stands in the column without a name that shares the name of the handset’s: %s, %s', async (cell) => {
    for (const columns of [REPORT_COLUMNS, WITHDRAWAL_COLUMNS]) {
      const rows = [`1,${A},${cell},FIR 1`, `2,${A},,FIR 2`, `3,${A},35209900123456,FIR 2`];
      expect(await reasonsOf(columns, 'S.No,IMEI,,Case', ...rows)).toEqual(['second_handset', 'taken', 'taken']);
      expect(await reasonsOf(columns, 'IMEI No.,', `${A},${cell}`)).toEqual(['second_handset']);
    }
  });
  test.each(['404101234567897', '917010012345678', '000000000000000', '20260530103000', '9876543210', 'n/a', '17'])(
    'doesn’t stand in a column without a name elsewhere, nor is it anything: %s',
    async (cell) => {
      for (const header of [',IMEI,Case', 'IMEI,Case,', 'Case,,IMEI'])
        expect(
          await reasonsOf(
            REPORT_COLUMNS,
            header,
            header
              .split(',')
              .map((name) => (name === 'IMEI' ? A : cell))
              .join(),
          ),
        ).toEqual(['taken']);
    },
  );
  test('is none in the column that shares its name where that is a day, a placeholder or a number', async () => {
    for (const cell of ['000000000000000', '20260530103000', '9876543210', '17', 'x'])
      expect(await reasonsOf(REPORT_COLUMNS, 'IMEI,,Case', `${A},${cell},x`)).toEqual(['taken']);
  });
  test('is none where it is digits that are all alike: reports have them for a phone of one card', async () => {
    for (const columns of [REPORT_COLUMNS, WITHDRAWAL_COLUMNS])
      expect(await reasonsOf(columns, 'imei,IMEI2', `${A},000000000000000`, `${A},${B}`)).toEqual([
        'taken',
        'second_handset',
      ]);
  });
  test('is not looked for where the row is a reject for its own', async () => {
    expect(await reasonsOf(REPORT_COLUMNS, 'imei,imei2', `,${B}`, `12,${B}`)).toEqual(['taken', 'taken']);
    expect(await reasonsOf(LOOKUP_COLUMNS, 'msisdn,mobile', `12,${M}`)).toEqual(['taken']);
  });
});
