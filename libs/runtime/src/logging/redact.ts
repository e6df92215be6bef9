const SECRET_KEY = /pass(word|wd|phrase)?$|secret|token|authorization|cookie|credential|access.?key|api.?key/i;
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/"'@]*@/gi;
const HIDDEN = '[hidden]';

/** Hides the user and password of every URL in a text: a database's address stands in many error messages. */
export const redactText = (text: string): string => text.replace(URL_CREDENTIALS, `$1${HIDDEN}@`);

const redactField = (key: string, value: unknown): unknown => {
  if (SECRET_KEY.test(key) && value !== null) return HIDDEN;
  return typeof value === 'string' ? redactText(value) : value;
};

/**
 * A line of the log (JSON) in which every field whose name speaks of a credential is hidden, at any depth. Done on the
 * finished line because a logger's own hooks see neither a child's fields nor those of an error.
 */
export const redactLine = (line: string): string => `${JSON.stringify(JSON.parse(line, redactField))}\n`;
