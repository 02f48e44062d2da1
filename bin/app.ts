import { App } from 'aws-cdk-lib';
import { stageFromContext } from '../lib/config/context.ts';
import { ConfigError } from '../lib/config/stage.ts';
import { addStage } from '../lib/stacks/stage.ts';

const app = new App();
try {
  addStage(app, stageFromContext(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
