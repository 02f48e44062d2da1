import type { LoadedApp } from './assembly.ts';
import { changeResources, createResources } from './create.ts';
import type { Creation } from './creators.ts';
import { type CloudNames, logicalName, namesOf, type Placed } from './names.ts';

/** The app that a cloud runs, and the places of its resources there: none before it is created, more with each deployment over it. */
export class Deployment {
  #app: LoadedApp;
  /** Grows with each deployment. */
  readonly placed: Placed[] = [];
  /** Grows with each deployment. */
  readonly names: CloudNames = namesOf([]);

  constructor(app: LoadedApp) {
    this.#app = app;
  }

  /** The app that was deployed last. */
  get app(): LoadedApp {
    return this.#app;
  }

  /**
   * Creates the app's resources.
   * @throws UnsupportedTemplate, naming the resource, where a value isn't implemented
   */
  async create(creation: Creation): Promise<void> {
    this.#place(await createResources(this.#app, creation));
  }

  /**
   * Deploys another app over this one.
   * @throws UnsupportedTemplate, before anything is changed, as `changeResources` does
   */
  async change(next: LoadedApp, creation: Creation): Promise<void> {
    this.#place(await changeResources(this.#app, next, creation));
    this.#app = next;
  }

  #place(more: readonly Placed[]): void {
    this.placed.push(...more);
    Object.assign(this.names, namesOf(this.placed));
  }

  /** The logical name of a physical name or an ARN. */
  logicalName(physical: string): string {
    return logicalName(this.placed, physical);
  }

  /** The logical name of a function from how a task names it: by its name, or by an ARN, with or without a version. */
  functionName(called: string): string {
    return this.logicalName(called.split(':function:').at(-1)?.split(':')[0] ?? '');
  }

  /** Whether a machine's executions are under a customer's key. */
  isEncrypted(machineArn: string): boolean {
    const machine = this.#app.resources.find(({ arn }) => arn === machineArn);
    const { KmsKeyId } = (machine?.properties.EncryptionConfiguration ?? {}) as { KmsKeyId?: string };
    return KmsKeyId !== undefined;
  }
}
