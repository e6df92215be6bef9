import { pino, stdTimeFunctions } from 'pino';
import type { Logger as PinoLogger } from 'pino';
import { describeError } from './describe-error.js';
import { redactLine } from './redact.js';

/** Structured log: `logger.info({ build }, 'build finished')`. One JSON object a line. */
export type Logger = PinoLogger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LoggerOptions = Readonly<{
  /** The process: `api`, `projector`, `worker`, `supervisor`. */
  app: string;
  level?: LogLevel;
  /** Takes whole lines; default standard output. */
  write?: (line: string) => void;
}>;

/** Lines of `{"level","time","app","msg",...}` with credentials hidden, in fields by their name and in texts by URL. */
export const createLogger = ({ app, level = 'info', write }: LoggerOptions): Logger => {
  const out = write ?? ((line: string) => void process.stdout.write(line));
  return pino(
    {
      level,
      base: { app },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => describeError(error) },
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => out(redactLine(line)) },
  );
};

/** A logger whose every line carries the correlation id of what it is doing. */
export const withCorrelation = (logger: Logger, correlationId: string): Logger => logger.child({ correlationId });

/** A logger that says nothing, for tests and tools. */
export const silentLogger = (): Logger => pino({ level: 'silent' });
