import { createHmac } from 'node:crypto';
import { isSigned } from './signature.js';

const body = Buffer.from('{"a":1}');
const signed = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');

describe('a signature', () => {
  it('is that of the published example', () => {
    // From GitHub's guide to validating deliveries: secret, payload and what they give.
    const given = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(isSigned(Buffer.from('Hello, World!'), given, ["It's a Secret to Everybody"])).toBe(true);
  });
  it('counts by any of the secrets, in either case', () => {
    expect(isSigned(body, signed('new'), ['old', 'new'])).toBe(true);
    expect(isSigned(body, signed('old').toUpperCase(), ['old', 'new'])).toBe(true);
  });
  it.each([
    ['of another secret', signed('other')],
    ['that is missing', undefined],
    ['that is empty', ''],
    ['that is too short', signed('s').slice(2)],
    ['that is no hex', 'z'.repeat(64)],
    ['of zeros', '0'.repeat(64)],
  ])('does not count: one %s', (_, signature) => {
    expect(isSigned(body, signature, ['s'])).toBe(false);
  });
  it('counts for nothing where there is no secret', () => {
    expect(isSigned(body, signed(''), [])).toBe(false);
  });
});
