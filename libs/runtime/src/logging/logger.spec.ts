import { createLogger, withCorrelation } from './logger.js';

const collect = () => {
  const lines: string[] = [];
  const logger = createLogger({ app: 'worker', write: (line) => lines.push(line) });
  return {
    logger,
    last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>,
    text: () => lines.join(''),
  };
};

describe('the log', () => {
  it('is one JSON object a line with app, level, time and correlation id', () => {
    const { logger, last } = collect();
    withCorrelation(logger, 'c-1').warn({ build: 7 }, 'slow');
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      app: 'worker',
      correlationId: 'c-1',
      build: 7,
      msg: 'slow',
    });
  });

  it('hides credentials by the name of their field, at any depth, in children too', () => {
    const { logger, text } = collect();
    logger.info({ request: { headers: { authorization: 'Bearer hush', cookie: 'hush' } }, password: 'hush' }, 'x');
    logger.child({ awsSecretAccessKey: 'hush' }).info({ list: [{ apiKey: 'hush' }] }, 'y');
    expect(text()).not.toContain('hush');
    expect(text()).toContain('[hidden]');
  });

  it('hides user and password of a URL in texts and in errors', () => {
    const { logger, text, last } = collect();
    const url = 'postgres://me:hush@db.example.org:5432/iolaus';
    logger.error({ err: new Error(`no route to ${url}`) }, `cannot reach ${url}`);
    expect(text()).not.toContain('hush');
    expect(last()['msg']).toBe('cannot reach postgres://[hidden]@db.example.org:5432/iolaus');
    expect(last()['err']).toMatchObject({ message: 'no route to postgres://[hidden]@db.example.org:5432/iolaus' });
  });

  it('tells an error with its code and its causes, but not the objects that hang on it', () => {
    const { logger, last } = collect();
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', client: { password: 'x' } });
    logger.error({ err: new TypeError('no answer', { cause }) }, 'x');
    expect(last()['err']).toEqual({
      type: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('no answer') as string,
      cause: { type: 'Error', message: 'refused', stack: expect.any(String) as string, code: 'ECONNREFUSED' },
    });
  });

  it('leaves mail addresses, plain URLs and Git addresses with a path as they are', () => {
    const { logger, last } = collect();
    logger.info('a@b.org https://x.org/a@b ssh://h/c');
    expect(last()['msg']).toBe('a@b.org https://x.org/a@b ssh://h/c');
  });
});
