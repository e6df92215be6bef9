import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { decodeBase32, encodeBase32 } from './base32.js';
import { parseMetrics, parseProducts, parseReleaseName, productName } from './build-products.js';
import { formatDerivation, parseDerivation, toBasicDerivation, type Derivation } from './derivation.js';
import { hashToBase32, hashToHex, hashToSri, parseHash } from './hash.js';
import { narOfFile, parseNar } from './nar.js';
import {
  formatNarInfo,
  isSigned,
  narInfoFingerprint,
  nixCacheInfo,
  parseNarInfo,
  signNarInfo,
  type NarInfo,
} from './narinfo.js';
import { parseSecretKey } from './signing.js';
import { derivationName, isStorePath, parseStorePath, toStorePath } from './store-path.js';

const HASH = '0123456789abcdfghijklmnpqrsvwxyz';
/** Strings of bytes, one per character. */
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1'));

describe('Nix base 32', () => {
  it('gives back every sequence of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (array) =>
        expect(decodeBase32(encodeBase32(array))).toEqual(Buffer.from(array)),
      ),
    );
  });
  it('knows the hash of nothing as Nix writes it, in all three forms', () => {
    const hash = { algo: 'sha256', bytes: createHash('sha256').digest() } as const;
    expect(hashToBase32(hash)).toBe('sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73');
    for (const text of [hashToBase32(hash), hashToHex(hash), hashToSri(hash)]) expect(parseHash(text)).toEqual(hash);
  });
  it.each([
    'sha256:abc',
    'sha256-!!!!',
    'crc:00',
    '',
    'sha256:' + 'e'.repeat(52),
    'sha256:' + 'z'.repeat(52),
    'sha256:' + 'g'.repeat(64),
  ])('refuses %s', (text) => {
    expect(() => parseHash(text)).toThrow();
  });
});

describe('a store path', () => {
  it('comes apart into directory, hash and name', () => {
    const path = `/a/store/${HASH}-hello-1.0.drv`;
    expect(parseStorePath(path)).toEqual({
      storeDir: '/a/store',
      hash: HASH,
      name: 'hello-1.0.drv',
      baseName: `${HASH}-hello-1.0.drv`,
      path,
    });
    expect(derivationName(path)).toBe('hello-1.0');
    expect(toStorePath('/a/store', `${path}/bin/x`)).toBe(path);
    expect(toStorePath('/a/store', `/a/store2/${HASH}-x`)).toBeUndefined();
  });
  it.each([
    `/a/store/${HASH}-`,
    `/a/store/${HASH}`,
    `/a/store/${HASH}-a/b`,
    `a/${HASH}-x`,
    `/a/store/e${HASH.slice(1)}-x`,
    `/a/store/${HASH}-a b`,
    '/etc/passwd',
  ])('is not %s', (path) => {
    expect(() => parseStorePath(path)).toThrow('not a store path');
    expect(isStorePath('/a/store', path)).toBe(false);
  });
});

describe('a derivation', () => {
  const arbitrary: fc.Arbitrary<Derivation> = fc.record({
    outputs: fc
      .dictionary(bytes, fc.record({ path: bytes, hashAlgo: bytes, hash: bytes }))
      .map((o) => new Map(Object.entries(o))),
    inputDrvs: fc
      .dictionary(
        bytes,
        fc.uniqueArray(bytes).map((names) => names.sort()),
      )
      .map((o) => new Map(Object.entries(o))),
    inputSrcs: fc.uniqueArray(bytes).map((paths) => paths.sort()),
    platform: bytes,
    builder: bytes,
    args: fc.array(bytes),
    env: fc.dictionary(bytes, bytes).map((o) => new Map(Object.entries(o))),
  });
  const asPlain = (drv: Derivation): unknown => ({
    ...drv,
    outputs: Object.fromEntries(drv.outputs),
    inputDrvs: Object.fromEntries(drv.inputDrvs),
    env: Object.fromEntries(drv.env),
  });

  it('comes back from its text, whatever bytes its strings hold', () => {
    fc.assert(
      fc.property(arbitrary, (drv) =>
        expect(asPlain(parseDerivation(Buffer.from(formatDerivation(drv), 'latin1')))).toEqual(asPlain(drv)),
      ),
    );
  });
  it('is refused, never misread, when its text is cut or changed', () => {
    const text = formatDerivation({
      outputs: new Map([['out', { path: '/p', hashAlgo: '', hash: '' }]]),
      inputDrvs: new Map([['/d', ['out']]]),
      inputSrcs: ['/s'],
      platform: 'p',
      builder: 'b',
      args: ['"\n'],
      env: new Map([['k', 'v']]),
    });
    for (let length = 0; length < text.length; length++)
      expect(() => parseDerivation(text.slice(0, length))).toThrow('bad derivation at byte');
    expect(() => parseDerivation(`${text} `)).toThrow('the end expected');
    expect(() => parseDerivation(text.replace('Derive', 'DrvWithVersion'))).toThrow();
  });
  it('becomes basic by its inputs turned into paths', () => {
    const drv = parseDerivation('Derive([("out","/o","","")],[("/d.drv",["dev","out"])],["/s"],"p","b",[],[])');
    expect(toBasicDerivation(drv, (path, output) => `${path}!${output}`).inputSrcs).toEqual([
      '/d.drv!dev',
      '/d.drv!out',
      '/s',
    ]);
  });
});

describe('a narinfo', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = (der: Buffer): Buffer => der.subarray(-32);
  const [seed, pub] = [
    raw(privateKey.export({ format: 'der', type: 'pkcs8' })),
    raw(publicKey.export({ format: 'der', type: 'spki' })),
  ];
  const secret = `test-1:${Buffer.concat([seed, pub]).toString('base64')}`;
  const info: NarInfo = {
    storePath: `/s/${HASH}-hello`,
    url: 'x.nar.xz',
    compression: 'xz',
    narHash: `sha256:${'0'.repeat(52)}`,
    narSize: 120,
    references: [`/s/${HASH}-hello`, `/s/${HASH.replace('0', '1')}-glibc`],
    deriver: `/s/${HASH}-hello.drv`,
    fileHash: `sha256:${'1'.repeat(52)}`,
    fileSize: 60,
    sigs: [],
  };

  it('comes back from its text, references as base names and without carriage returns', () => {
    const text = formatNarInfo(info);
    expect(text).toContain(`References: ${HASH}-hello ${HASH.replace('0', '1')}-glibc\n`);
    expect(text).not.toContain('\r');
    expect(parseNarInfo(text)).toEqual(info);
  });
  it('is signed over path, hash, size and whole references, and no change passes', () => {
    const key = parseSecretKey(secret);
    const signed = signNarInfo(info, key);
    expect(narInfoFingerprint(info)).toBe(
      `1;${info.storePath};${info.narHash};120;${[...info.references].sort().join(',')}`,
    );
    expect(isSigned(signed, [key.publicKey])).toBe(true);
    expect(signNarInfo(signed, key).sigs).toHaveLength(1);
    for (const change of [
      { narSize: 121 },
      { references: [] },
      { storePath: `/s/${HASH}-hellO` },
      { narHash: `sha256:${'2'.repeat(52)}` },
    ])
      expect(isSigned({ ...signed, ...change }, [key.publicKey])).toBe(false);
    expect(isSigned(signed, [key.publicKey.replace('test-1', 'other')])).toBe(false);
  });
  it.each([
    '',
    'StorePath: x',
    formatNarInfo(info).replace('NarSize: 120', 'NarSize: many'),
    `${formatNarInfo(info)}NarSize: 1\n`,
    formatNarInfo(info).replace(': ', ' '),
  ])('is refused where a field is missing, wrong or doubled (%#)', (text) =>
    expect(() => parseNarInfo(text)).toThrow(),
  );
  it('does not quote a secret key that it cannot read', () => {
    expect(() => parseSecretKey('name:secretsecret')).toThrow(/^not a secret key in Nix's form$/);
  });
  it('stands in a cache that introduces itself', () => {
    expect(nixCacheInfo('/nix/store')).toBe('StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 50\n');
  });
});

describe('a NAR', () => {
  it('of a file comes back, and is refused when cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (array) =>
        expect(parseNar(narOfFile(Buffer.from(array)))).toEqual({
          type: 'regular',
          executable: false,
          contents: Buffer.from(array),
        }),
      ),
    );
    const nar = narOfFile(Buffer.from('abc'));
    for (let length = 0; length < nar.length; length++)
      expect(() => parseNar(nar.subarray(0, length))).toThrow('bad NAR');
  });
});

describe('what a build says of itself', () => {
  it('is read line by line, and lines of another form are left out', () => {
    expect(
      parseProducts(
        'doc manual /s/x/manual index.html\nfile iso "/s/x/a b.iso"\nbad\nfile x relative\nfile x "/a<b"\n  \nfile tar /s/y.tar',
      ),
    ).toEqual([
      { type: 'doc', subtype: 'manual', path: '/s/x/manual', defaultPath: 'index.html' },
      { type: 'file', subtype: 'iso', path: '/s/x/a b.iso', defaultPath: '' },
      { type: 'file', subtype: 'tar', path: '/s/y.tar', defaultPath: '' },
    ]);
    expect(parseMetrics('size 12.5 MiB\ntime 1e3\nbad x\ncov 80 %\nsize 13 MiB extra\na b c d')).toEqual([
      { name: 'size', value: 12.5, unit: 'MiB' },
      { name: 'time', value: 1000, unit: undefined },
      { name: 'cov', value: 80, unit: '%' },
    ]);
    expect(parseReleaseName(' rel-1.0@x \n')).toBe('rel-1.0@x');
    expect(parseReleaseName('two words')).toBeUndefined();
    expect([productName('a b.iso'), productName('a<b')]).toEqual(['a b.iso', '']);
  });
});
