/**
 * What the first line that tells of trouble looks like: messages of compilers, make, test runners, shells, Python, Rust and Nix.
 * A summary like `0 failed` is none. In source form, since log.js looks at what comes live in the same way.
 */
export const ERROR_PATTERN = [
  String.raw`\berror\b ?[:!([]`,
  String.raw`\bfatal( error)?:`,
  String.raw`\*\*\* \[`,
  String.raw`(?<!\b0 )\bfailed\b`,
  String.raw`\bfailure:`,
  String.raw`traceback \(most recent`,
  String.raw`panicked at`,
  'undefined reference to',
  'command not found',
  'no such file or directory',
  'segmentation fault',
].join('|');

const ERROR = new RegExp(ERROR_PATTERN, 'i');

/** Whether a line of a log tells of trouble. */
export const isError = (line: string): boolean => ERROR.test(line);
