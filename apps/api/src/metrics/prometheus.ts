import { Registry } from 'prom-client';

/** Media type of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format. */
export const PROMETHEUS = Registry.PROMETHEUS_CONTENT_TYPE;
