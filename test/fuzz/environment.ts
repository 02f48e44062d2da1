/** The environment of the functions that work in this process; they read it when they are loaded. */
export const ENVIRONMENT = {
  STAGE: 'dev',
  AWS_REGION: 'ap-south-1',
  WORK: 'work',
  OUTBOX: 'outbox',
  CASES: 'Cases',
  LINKS: 'Links',
  LINK_DAYS: '190',
  AGENCIES: 'mha,up-police',
  OPERATORS: 'airtel,jio',
  AGENCIES_TOPIC: 'agencies',
  OPERATORS_TOPIC: 'operators',
  ADMINISTRATORS_TOPIC: 'administrators',
  BATCH_MACHINE: 'Batch',
  IMPORT_MACHINE: 'ImportByPieces',
  BYTES_PER_PIECE: '150',
  PIECES_PER_STRETCH: '2',
  LOOK_BACK_DAYS: '180',
  LINKS_PER_HANDSET: '71',
  LINKS_PER_SHARD: '20000',
  POWERTOOLS_METRICS_DISABLED: 'true',
};
Object.assign(process.env, ENVIRONMENT);
