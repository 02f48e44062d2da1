import './environment.ts';

const { log } = await import('../../lambdas/runtime/log.ts');
const LEVELS = ['debug', 'info', 'warn', 'error', 'critical'] as const;

/** The lines that the functions log while `act` works, instead of printing them. */
export async function withLog(act: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const before = LEVELS.map((level) => [level, log[level]] as const);
  for (const level of LEVELS) log[level] = (...told: unknown[]) => void lines.push(JSON.stringify(told));
  try {
    await act();
  } finally {
    for (const [level, print] of before) log[level] = print;
  }
  return lines;
}
