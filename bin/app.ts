import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ConfigError, stageFromContext } from '../lib/config/stage.ts';
import { AccessStack } from '../lib/stacks/access.ts';
import { DataStack } from '../lib/stacks/data.ts';
import { OperationsStack } from '../lib/stacks/operations.ts';
import { WorkflowStack } from '../lib/stacks/workflow.ts';

const app = new App();
try {
  const config = stageFromContext((name) => app.node.tryGetContext(name));
  const data = new DataStack(app, `${config.stage}-data`, { config });
  const workflow = new WorkflowStack(app, `${config.stage}-workflow`, { config, data });
  new AccessStack(app, `${config.stage}-access`, { config, data, workflow });
  new OperationsStack(app, `${config.stage}-operations`, { config, data, workflow });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
