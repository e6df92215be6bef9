type Described = {
  type: string;
  message: string;
  stack?: string | undefined;
  cause?: unknown;
  [field: string]: unknown;
};

/** A chain of causes longer than this is cut. */
const CAUSES = 5;

/**
 * An error as the log tells it: name, message, stack, its causes, and its plain fields such as `code`. Objects that hang
 * on errors are left out: pg hangs a whole connection there.
 */
export const describeError = (error: unknown, causes = CAUSES): unknown => {
  if (!(error instanceof Error)) return error;
  const described: Described = { type: error.name, message: error.message, stack: error.stack };
  for (const [field, value] of Object.entries(error)) {
    if (typeof value !== 'object' && typeof value !== 'function' && !(field in described)) described[field] = value;
  }
  if (error.cause !== undefined && causes > 0) described.cause = describeError(error.cause, causes - 1);
  return described;
};
