import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { type DimensionsOf, type Measure, NAMESPACE } from '../domain/measures.ts';

const { STAGE } = z.object({ STAGE: z.string() }).parse(process.env);
const metrics = new Metrics({ namespace: NAMESPACE });
// Otherwise each metric would be under the name of a service, too.
metrics.clearDefaultDimensions();
metrics.setDefaultDimensions({ stage: STAGE });

/** Publishes a measure, as a line of the log in CloudWatch's embedded metric format. */
export function measure<M extends Measure>(name: M, dimensions: DimensionsOf<M>, value = 1): void {
  metrics.addDimensions({});
  if (Object.keys(dimensions).length > 0) metrics.addDimensions(dimensions);
  metrics.addMetric(name, MetricUnit.Count, value).publishStoredMetrics();
}
