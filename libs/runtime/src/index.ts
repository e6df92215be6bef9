export { clockFrom, fromIso, systemClock, toIso } from './clock.js';
export type { Clock } from './clock.js';
export { jsonDigest } from './digest.js';
export { randomToken, uuidv4, uuidv5, uuidv7 } from './ids.js';
export { sleep } from './sleep.js';
export { backOff, backOffDelay } from './back-off.js';
export type { BackOff, BackOffOptions } from './back-off.js';
export { hostLoad } from './host-load.js';
export type { HostLoad, Pressure } from './host-load.js';
export { createHealth } from './health.js';
export type { Health, HealthReport, HealthState } from './health.js';
export { createProgress } from './progress/progress.js';
export type { Progress, ProgressOptions, ProgressStream } from './progress/progress.js';
export { createLogger, LOG_LEVELS, silentLogger, withCorrelation } from './logging/logger.js';
export type { Logger, LogLevel } from './logging/logger.js';
export { redactText } from './logging/redact.js';
export { createShutdown } from './shutdown/shutdown.js';
export type { Shutdown } from './shutdown/shutdown.js';
export { exitWithParent } from './shutdown/parent.js';
export {
  childEnvironment,
  loadConfig,
  loadConfigOrExit,
  processEnvironment,
  setEnvironment,
  requireDatabaseUrl,
} from './config/load.js';
export type { Config, NixConfig, S3BackupConfig } from './config/load.js';
export { environmentShape } from './config/environment.js';
export { fileSchema } from './config/file.js';
export { ConfigError, problemsOf } from './config/problems.js';
export { configurationGuide } from './config/guide.js';
export { beginProcess } from './process.js';
export type { AppProcess } from './process.js';
