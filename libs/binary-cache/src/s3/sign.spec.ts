import fc from 'fast-check';
import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac } from 'node:crypto';
import { EMPTY_PAYLOAD, escapePath, escapeQuery, signRequest } from './sign.js';

/** The hash that Smithy's signer wants: keyed or not. */
class Sha256 {
  private readonly hash;
  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Buffer));
  }
  update(data: Uint8Array | string): void {
    this.hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
  reset(): void {
    throw new Error('not needed');
  }
}

describe('the signature of a request', () => {
  it("is that of AWS's published example", () => {
    // docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Example: GET Object".
    const headers = signRequest(
      {
        method: 'GET',
        host: 'examplebucket.s3.amazonaws.com',
        path: '/test.txt',
        headers: { range: 'bytes=0-9' },
        payload: EMPTY_PAYLOAD,
      },
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      'us-east-1',
      Date.UTC(2013, 4, 24),
    );
    expect(headers['authorization']).toMatch(
      /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
    );
  });

  it("is that of the SDK's own signer, for any key, query, header, token and time", async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.dictionary(name, text, { maxKeys: 3 }),
        fc.dictionary(
          name.map((each) => `x-amz-meta-${each}`),
          value,
          { maxKeys: 3 },
        ),
        fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
        fc.integer({ min: 0, max: 4_000_000_000 }),
        async (key, query, headers, sessionToken, seconds) => {
          const credentials = {
            accessKeyId: 'AKID',
            secretAccessKey: 'secret',
            ...(sessionToken !== undefined && { sessionToken }),
          };
          const path = `/bucket/${escapePath(key)}`;
          const at = seconds * 1000;
          const ours = signRequest(
            { method: 'PUT', host: 's3:9000', path, headers, query, payload: EMPTY_PAYLOAD },
            credentials,
            'eu-west-1',
            at,
          );
          const signer = new SignatureV4({
            service: 's3',
            region: 'eu-west-1',
            credentials,
            sha256: Sha256 as never,
            uriEscapePath: false,
          });
          const theirs = await signer.sign(
            {
              method: 'PUT',
              protocol: 'http:',
              hostname: 's3',
              port: 9000,
              path,
              query,
              headers: { ...headers, host: 's3:9000', 'x-amz-content-sha256': EMPTY_PAYLOAD },
            },
            { signingDate: new Date(at) },
          );
          expect(ours['authorization']).toBe(theirs.headers['authorization']);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('escapes what is sent as it is signed', () => {
    expect(escapePath("a b/+!'()*~é")).toBe('a%20b/%2B%21%27%28%29%2A~%C3%A9');
    expect(escapeQuery({ uploadId: 'a/b=', partNumber: '2' })).toBe('partNumber=2&uploadId=a%2Fb%3D');
  });
});
