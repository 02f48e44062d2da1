import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ConfigError, stageFromContext } from '../lib/config/stage.ts';
import { DataStack } from '../lib/stacks/data.ts';
import { WorkflowStack } from '../lib/stacks/workflow.ts';

const app = new App();
try {
  const config = stageFromContext((name) => app.node.tryGetContext(name));
  const data = new DataStack(app, `${config.stage}-data`, { config });
  new WorkflowStack(app, `${config.stage}-workflow`, { config, data });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
