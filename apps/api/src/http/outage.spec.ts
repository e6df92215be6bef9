import { isOutage } from './outage.js';

const withCode = (code: unknown, more: object = {}) => Object.assign(new Error('x'), { code, ...more });

describe('an error is an outage', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['of both addresses of localhost', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
    ['a server that shuts down', withCode('57P01')],
    ['a server that starts', withCode('57P03')],
    ['too many connections', withCode('53300')],
    ['a connection lost under a query', new Error('Connection terminated unexpectedly')],
    ['a missing socket', withCode('ENOENT', { syscall: 'connect' })],
    ['an EventStoreDB that is away', withCode(14)],
    ['what one of these caused', new Error('x', { cause: withCode('ECONNRESET') })],
  ])('%s', (_, error) => expect(isOutage(error)).toBe(true));

  it.each([
    ['a broken query', withCode('42601')],
    ['a missing file', withCode('ENOENT', { syscall: 'open' })],
    ['a bug', new TypeError('x is undefined')],
    ['no error', 'text'],
  ])('not %s', (_, error) => expect(isOutage(error)).toBe(false));
});
