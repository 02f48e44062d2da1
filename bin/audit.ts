/** `npm run audit`: follows the audit's chains and tells what was changed, removed or moved. See `--help`. */
import { AUDIT_HELP, type AuditSettings, parseAuditArguments } from '../lib/commands/audit/arguments.ts';
import { followChains } from '../lib/commands/audit/follow.ts';
import { inWords } from '../lib/commands/audit/told.ts';
import { command, complain, say } from '../lib/commands/command.ts';

async function audit(settings: AuditSettings): Promise<boolean> {
  const report = await followChains(settings);
  if (settings.json) say(JSON.stringify(report, null, 2));
  else
    for (const { said, complained } of inWords(report)) {
      for (const line of said) say(line);
      for (const line of complained) complain(line);
    }
  return report.intact;
}

await command({ help: AUDIT_HELP, settings: parseAuditArguments, run: audit });
