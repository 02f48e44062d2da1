/** What columns are called that may hold another handset or number than a row's: formats.md, `second_handset` and `second_number`. */
import { describe, expect, test } from 'vitest';
import { MAY_BE } from '../../lambdas/domain/beside-names.ts';

describe('a column may be of a second handset', () => {
  test.each([
    ...['imei_2', 'second_imei', 'imei', 'imeisv', 'secondaryimei', 'imei2', 'imei_seen_on', 'imei1_imei2'],
    ...['secondimeino', 'dualimeinumber', 'phoneimeino2', 'slotimeino', 'slotimeinumbers', 'secondimeitwo'],
    ...['i.m.e.i._2', 'i_m_e_i_2', 'second_i.m.e.i', 'दूसरा_आईएमईआई', 'आई.एम.ई.आई._2', 'आइएमइआइ'],
  ])('by its name %s', (name) => expect(MAY_BE.imei.named.test(name)).toBe(true));
  test.each([...['', 'note', 'datetimeist', 'timeis', 'msisdn', 'timein', 'crimeid', 'crimeincident', 'runtimeinfo']])(
    'not by the name %s',
    (name) => expect(MAY_BE.imei.named.test(name)).toBe(false),
  );
});

describe('a column is called after something else than a handset', () => {
  test.each([
    ...['account', 'acct_no', 'a/c', 'acc_no', 'ac_no', 'ac', 'bank', 'wallet_id', 'sim_card', 'card_no', 'vid'],
    ...['aadhaar_no', 'transaction_id', 'txn', 'utr_no.', 'imsi', 'imsino', 'iccid', 'sim', 'sim_serial'],
    ...['virtual_id', 'virtualid_no'],
    ...['case_no', 'crime_no', 'cctns', 'fir', 'ncrp', 'complaint_id', 'ack_no', 'acknowledgement', 'खाता', 'शिकायत'],
  ])('by the name %s', (name) => expect(MAY_BE.imei.isOther.test(name)).toBe(true));
  test.each([
    '',
    'x',
    'device',
    'active',
    'vaccine',
    'video',
    'simple',
    'sim_2',
    'sim2',
    'confirm',
    'back',
    'device_id',
  ])('not by the name %s', (name) => expect(MAY_BE.imei.isOther.test(name)).toBe(false));
});

describe('a column may be of a second number', () => {
  test.each([
    'msisdn2',
    'msisdn_2',
    'mobile',
    'mobile_no',
    'alternate_mobile',
    'mobile_number_2',
    'मोबाइल_नंबर',
    ...['phone', 'telephone', 'complainant_mobile', 'whatsapp_no', 'number', 'number_2', 'numbers'],
    ...['फोन', 'फ\u093cोन_नंबर', '\u095eोन', 'दूरभाष', 'नंबर'],
  ])('by its name %s', (name) => expect(MAY_BE.msisdn.named.test(name)).toBe(true));
  test.each([
    ...[
      'customer_mobile',
      'mobile_in_case',
      'request_mobile',
      'reference_phone',
      'employee_msisdn',
      'mobile_id',
      'complainant_msisdn',
    ],
    ...['radio_mobile', 'macphone', 'applicant_mobile'],
  ])('also where that may be of whom the row is about: %s', (name) =>
    expect(MAY_BE.msisdn.named.test(name)).toBe(true),
  );
  test.each([
    ...['', 'note', 'contact_mobile', 'mobile_contact', 'complainant_phone', 'serial_number', 'imei_2'],
    ...['contact_msisdn', 'bank_registered_mobile', 'io_mobile', 'i.o._phone', 'officer_mobile_no'],
    ...[
      'nodal_phone',
      'approver_mobile',
      'filed_by_mobile',
      'reportedby_mobile',
      'requested_by_phone',
      'decided_by_msisdn',
    ],
    ...[
      'hospital_phone',
      'account_mobile',
      'acct_mobile',
      'a/c_mobile',
      'acc_mobile',
      'mobile_ac',
      'संपर्क_मोबाइल',
      'खाता_मोबाइल',
    ],
  ])('not by the name %s', (name) => {
    expect(MAY_BE.msisdn.named.test(name)).toBe(false);
    expect(MAY_BE.msisdn.sure.test(name)).toBe(false);
  });
  test.each(['aadhaar_mobile', 'aadhar_linked_phone', 'आधार_मोबाइल', 'uid_mobile'])(
    'though it says what the number is kept with: %s',
    (name) => expect(MAY_BE.msisdn.sure.test(name)).toBe(true),
  );
  test.each(['complainant_mobile', 'applicant_mobile', 'informant_mobile', 'caller_mobile', 'शिकायत_मोबाइल'])(
    'beside one of the row alone by the name %s',
    (name) => {
      expect(MAY_BE.msisdn.named.test(name)).toBe(true);
      expect(MAY_BE.msisdn.sure.test(name)).toBe(false);
    },
  );
});

describe('a column of whom to call may be of whom a row is about', () => {
  test.each(['customer_contact_mobile', 'subscriber_phone_contact', 'user_contact_msisdn', 'ग्राहक_संपर्क_मोबाइल'])(
    'by the name %s',
    (name) => {
      expect(MAY_BE.msisdn.named.test(name)).toBe(true);
      expect(MAY_BE.msisdn.sure.test(name)).toBe(true);
    },
  );
  test.each([
    ...['account_holder_mobile', 'acct_holder_phone', 'a/c_holder_mobile', 'ac_holder_msisdn', 'खाता_धारक_मोबाइल'],
    ...['bank_account_holder_mobile', 'hospital_patient_mobile', 'mobile_of_patient_in_hospital'],
  ])('where it is kept by a bank or a hospital, by the name %s', (name) => {
    expect(MAY_BE.msisdn.named.test(name)).toBe(true);
    expect(MAY_BE.msisdn.sure.test(name)).toBe(true);
  });
  test.each(['customer_care_contact_mobile', 'customer_bank_contact_mobile', 'officer_contact_mobile_of_user'])(
    'not by the name %s',
    (name) => {
      expect(MAY_BE.msisdn.named.test(name)).toBe(false);
      expect(MAY_BE.msisdn.sure.test(name)).toBe(false);
    },
  );
});

describe('a column is of whoever wrote a row', () => {
  test.each([
    ...['officer', 'nodal_mobile', 'approver_phone', 'io', 'i.o._mobile', 'filed_by', 'approved_by', 'signedby'],
    ...['अधिकारी', 'जाँच_अधिकारी_मोबाइल', 'अधिकारी_का_नंबर'],
    ...['authorised_by_mobile', 'authorized_by', 'forwarded_by', 'officer_contact', 'officermobileno'],
    ...[
      'authorised_signatory_phone',
      'signatory_mobile',
      'signatories',
      'competent_authority_phone',
      'secretary_phone',
    ],
    ...[
      'digitally_signed_by',
      'e-signed_by',
      'reviewed_and_approved_by',
      'name_of_officer_/_approved_by',
      'order_issued_by',
    ],
    ...[
      'officer_phone_numbers',
      'contact_numbers_of_officer',
      'approver_(name,_phone,_order_no.)',
      'officer_(decision_maker)',
    ],
    ...[
      "officer's_name_and_mobile_no.",
      'under_secretary_(home)_phone',
      'name,_rank_and_contact_of_io',
      'note_sheet_approved_by',
    ],
    ...['reviewed_by_&_date', 'सक्षम_अधिकारी_का_नाम', 'duty_officer_tel.', 'addl._sp_(nodal_officer,_cyber_cell)'],
    ...['sent_by', 'sentby_mobile', 'contact_(self)', 'self', 'issuing_authority_contact', 'joint_secretary_mobile'],
  ])('by the name %s', (name) => expect(MAY_BE.msisdn.isWriters(name)).toBe(true));
  test.each([
    ...['contact', 'radio', 'used_by', 'held_by', 'owned_by', 'registered_by', 'account', 'case_no', 'ioc', 'mobile'],
    ...['complainant', 'applicant', 'hospital', 'bank', 'by', 'id', ''],
    ...[
      'desk_phone',
      'director_contact',
      'customer_contact_(self)',
      'applicant_self',
      'selfie',
      'secretariat',
      'authority',
    ],
    ...['present_by', 'sent', 'signature', 'by_me'],
    ...['approver_whitelist', 'held_back_by_officer', 'approved_by_(conditions)', 'competent_authority_directions'],
    ...[
      'approver_conditions',
      'nodal_officer_advice',
      'अधिकारी_के_निर्देश',
      'approved_by_me,_subject_to',
      "don't_cut_(officer)",
    ],
    // What they say, whom they leave out, and numbers of others.
    ...[
      'approver_remarks',
      'officer_remarks',
      "approver's_comments",
      'io_note',
      'अधिकारी_की_टिप्पणी',
      'not_approved_by_me',
    ],
    ...['numbers_verified_by_tsp', 'msisdn_verified_by_operator', 'leave_out_(ordered_by_court)', 'officer_decision'],
    // Words that no office has.
    ...[
      'medical_officer',
      'stay_ordered_by',
      'stayed_by_competent_authority',
      'objection_filed_by',
      'reported_by_hospital',
    ],
    ...['kyc_submitted_by', 'already_re-verified_by_tsp', 'subscriber_verified_by_tsp', 'verified_by_tsp', 'io_/_vip'],
    ...[
      'saved_by_officer',
      'released_by_io',
      'pending_with_io',
      'disputed_(io)',
      'without_(io)',
      'safe_list_(officer)',
    ],
    ...['number_given_by_officer', 'contact_of_victim_sent_by_io', "victim's_io", 'officer_request', 'io_statement'],
    ...[
      'अधिकारी_की_सूची',
      'अधिकारी_द्वारा_छूट',
      'customer_officer_mobile',
      'number_verified_by_io',
      'mobile_(approved_by)',
    ],
    ...['police_station_contact', 'designation', 'division_phone', 'date_and_time', 'contact_number'],
    ...['exempted_by_competent_authority', 'excluded_as_requested_by_police', 'numbers_of_officers', 'spared_(io)'],
  ])('not by the name %s', (name) => expect(MAY_BE.msisdn.isWriters(name)).toBe(false));
});

describe('a column is called after something else than a number', () => {
  test.each([
    ...[
      'contact',
      'officer',
      'nodal',
      'io',
      'i.o.',
      'approver',
      'filed_by',
      'reported_by',
      'requested_by',
      'decided_by',
    ],
    ...[
      'hospital',
      'complainant',
      'applicant',
      'informant',
      'caller',
      'शिकायत',
      'संपर्क',
      'account',
      'acct',
      'a/c',
      'acc_no',
    ],
    ...['ac_no', 'bank', 'case', 'खाता', 'ticket', 'docket', 'diary', 'amount', 'serial', 'transaction', 'txn', 'utr'],
    ...[
      'request_no',
      'ref',
      'ref_no.',
      'refno',
      'reference_no',
      'our_reference',
      'referenceid',
      'sr_number',
      'srno',
      'ack',
    ],
    ...['grievance', 'acknowledgement', 'token', 'crn', 'letter_no', 'file_no', 'order_no', 'orderid', 'crm_id'],
    ...['customer_care_contact', 'contact_of_customer_service', 'customer_support_id', 'agent_contact', 'contact_id'],
    ...['subscriber_id', 'customer_id', 'customerid', 'id_of_user', 'consumer_id_no', 'holder_id'],
    ...['अधिकारी', 'नोडल_अधिकारी', 'customer_account_no', 'user_bank', 'subscriber_ac_no', 'hospital_customer_desk'],
    ...['account_holder_ref_no', 'hospital_of_patient_officer'],
    ...['customer_bank_contact', 'contact_officer_of_subscriber', 'customer_ref_no', 'user_request_id'],
    ...['customer_helpline_contact', 'customer_contact_centre', 'customer_contact_center', 'contact_of_customer_desk'],
    ...['customer_relations_contact_no', 'consumer_forum_contact', 'consumer_court_contact_no', 'stakeholder_contact'],
    ...['consumer_affairs_dept_contact', 'user_department_contact', 'consumer_commission_contact', 'superuser_contact'],
    ...['ग्राहक_सेवा_संपर्क', 'उपभोक्ता_आयोग_संपर्क', 'subscriberless_contact'],
    ...['aadhaar', 'aadhar_no', 'adhaar', 'adhar_card', 'customer_aadhaar', 'aadhaar_number', 'आधार', 'आधार_संख्या'],
    ...['uid', 'uid_no', 'uidno', 'uidnumber', 'uidai', 'uidai_number', 'subscriber_uid'],
    ...['employee_code', 'id', 'upload_id', 'latitude', 'longitude', 'lat', 'long', 'lat/long', 'loss_rs', 'payment'],
  ])('by the name %s', (name) => expect(MAY_BE.msisdn.isOther.test(name)).toBe(true));
  test.each([
    ...[
      'customer',
      'customer_number',
      'reference',
      '',
      'x',
      'sim',
      'device',
      'paid',
      'idea',
      'profile',
      'border',
      'audio',
      'glossary',
      'along',
      'flat',
    ],
    ...['prefer', 'radio', 'letters', 'macro', 'acne', 'requested_number', 'fluid', 'uide', 'guidance', 'dhar'],
    ...['account_holder', 'hospital_patient_number', 'acc_holder', 'bank_account_holder', 'खाता_धारक', 'अस्पताल_मरीज'],
    // Whom a row may be about, and not whom to call about them.
    ...['customer_contact', 'subscriber_contact_number', 'contact_of_consumer', 'user_contact', 'patient_contact'],
    ...['customers_contact', "customer's_contact", 'cardholder_contact', 'accountholder_contact', 'enduser_contact'],
    ...['customer_contact_relationship', 'customer_contact_(central)', 'holder_contact', 'sim_user_contact'],
    ...['customercontact', 'customercontactno', 'subscribercontactnumber', 'patientcontact', 'accountholdercontact'],
    'ग्राहक_संपर्क',
  ])('not by the name %s', (name) => expect(MAY_BE.msisdn.isOther.test(name)).toBe(false));
});
