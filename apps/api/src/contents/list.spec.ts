import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NotListableError } from './entry.js';
import { listContents } from './list.js';
import { fileSource } from './source.js';

const SIZE_AT = 124;

/** A header of a tar archive. */
const header = (name: string, size: number, type = '0', target = ''): Buffer => {
  const block = Buffer.alloc(512);
  block.write(name.slice(0, 100), 0, 'utf8');
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, SIZE_AT);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(target, 157);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
};
const filled = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
};
const END = Buffer.alloc(1024);

/** A zip archive whose files have no contents: a list is of its directory only. */
const zip = (names: readonly string[], size = 7): Buffer => {
  const entries = names.map((name) => {
    const bytes = Buffer.from(name);
    const entry = Buffer.alloc(46 + bytes.length);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(bytes.length, 28);
    bytes.copy(entry, 46);
    return entry;
  });
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(4, 16);
  return Buffer.concat([Buffer.from('PK\x03\x04'), directory, end]);
};

/** With a locator that leads beyond all numbers. */
const withLongEnd = (archive: Buffer): Buffer => {
  const locator = Buffer.alloc(20, 0xff);
  locator.writeUInt32LE(0x07064b50, 0);
  return Buffer.concat([archive.subarray(0, -22), locator, archive.subarray(-22)]);
};

describe('the contents of a product', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-contents-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const of = async (
    bytes: Buffer | string,
    more: { limit?: number; maxUnpacked?: number; timeoutMs?: number } = {},
  ) => {
    const path = join(dir, 'archive');
    await writeFile(path, bytes);
    return listContents(path, { limit: 100, env: {}, ...more });
  };
  const pax = (key: string, value: string): string => {
    const rest = ` ${key}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    const digits = String(bytes + String(bytes).length).length;
    return `${bytes + digits}${rest}`;
  };
  const paths = ({ entries }: { entries: readonly { path: string }[] }) => entries.map(({ path }) => path);

  it('are all below a directory, links named and not followed', async () => {
    const root = join(dir, 'directory');
    await mkdir(join(root, 'b', 'deep'), { recursive: true });
    await writeFile(join(root, 'a <b>&'), 'four');
    await writeFile(join(root, 'b', 'deep', 'x'), '');
    await symlink('/etc', join(root, 'c'));
    expect(await listContents(root, { limit: 100, env: {} })).toEqual({
      kind: 'directory',
      entries: [
        { path: 'a <b>&', type: 'file', size: 4, target: null },
        { path: 'b', type: 'directory', size: null, target: null },
        { path: 'c', type: 'symlink', size: null, target: '/etc' },
        { path: 'b/deep', type: 'directory', size: null, target: null },
        { path: 'b/deep/x', type: 'file', size: 0, target: null },
      ],
      truncated: false,
    });
    expect(await listContents(root, { limit: 2, env: {} })).toMatchObject({ truncated: true });
  });

  it('of a tar archive are what it says, names of any length and kind as they are', async () => {
    const long = `${'d/'.repeat(80)}<img src=x>`;
    const record = pax('path', `${'p'.repeat(120)}-ä`);
    const archive = Buffer.concat([
      header('docs/', 0, '5'),
      header('docs/../../etc/passwd', 5),
      filled('hello'),
      header('link', 0, '2', '/etc/shadow'),
      header('hard', 999, '1', 'docs'),
      header('././@LongLink', long.length, 'L'),
      filled(long),
      header('cut', 0),
      header('PaxHeader', Buffer.byteLength(record), 'x'),
      filled(record),
      header('cut', 0),
      header('device', 0, '3'),
      END,
    ]);
    const expected = [
      { path: 'docs/', type: 'directory', size: null, target: null },
      { path: 'docs/../../etc/passwd', type: 'file', size: 5, target: null },
      { path: 'link', type: 'symlink', size: null, target: '/etc/shadow' },
      { path: 'hard', type: 'file', size: 999, target: 'docs' },
      { path: long, type: 'file', size: 0, target: null },
      { path: `${'p'.repeat(120)}-ä`, type: 'file', size: 0, target: null },
      { path: 'device', type: 'other', size: null, target: null },
    ];
    expect(await of(archive)).toEqual({ kind: 'tar', entries: expected, truncated: false });
    expect(await of(gzipSync(archive))).toEqual({ kind: 'tar', entries: expected, truncated: false });
    expect(await of(archive, { limit: 3 })).toEqual({ kind: 'tar', entries: expected.slice(0, 3), truncated: true });
  });

  it('of an archive that unpacks to very much are listed as far as is allowed', async () => {
    const bomb = gzipSync(
      Buffer.concat([header('large', 64 * 1024 * 1024), Buffer.alloc(64 * 1024 * 1024), header('after', 0)]),
    );
    expect(bomb.length).toBeLessThan(100_000);
    const listing = await of(bomb, { maxUnpacked: 1024 * 1024 });
    expect([paths(listing), listing.truncated]).toEqual([['large'], true]);
  });

  it('of an archive whose names unpack to very much are listed as far as can be read', async () => {
    const record = pax('path', 'n'.repeat(60_000));
    const entry = Buffer.concat([header('PaxHeader', record.length, 'x'), filled(record), header('cut', 0)]);
    const bomb = gzipSync(Buffer.concat([...Array.from({ length: 200 }, () => entry), END]));
    expect(bomb.length).toBeLessThan(200_000);
    const listing = await of(bomb, { limit: 20_000 });
    expect([listing.entries.length, listing.truncated]).toEqual([69, true]);
  });

  it('of a plain archive are looked for no longer than may be, even where it has headers without names only', async () => {
    const path = join(dir, 'headers');
    await writeFile(path, header('PaxHeader', 0, 'x'));
    const file = await open(path);
    await expect(fileSource(file, AbortSignal.abort()).read(512)).rejects.toThrow('aborted');
    await file.close();
  });

  it.each([2n ** 50n, 2n ** 53n - 1n])(
    'of a plain archive are found without reading what is between: %i',
    async (bytes) => {
      const huge = header('huge', 0);
      // A binary number, as of files of more than 8 GiB: the next name would be beyond the end.
      const size = Buffer.alloc(12);
      size.writeBigUInt64BE(bytes, 4);
      size[0] = 0x80;
      size.copy(huge, SIZE_AT);
      huge.write('        ', 148);
      const sum = huge.reduce((all, byte) => all + byte, 0);
      huge.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      expect(await of(Buffer.concat([huge, END]))).toMatchObject({
        entries: [{ path: 'huge', size: Number(bytes) }],
        truncated: false,
      });
    },
  );

  it('of a zip archive are its directory', async () => {
    const listing = await of(zip(['a/', 'a/<b>', '../../up']));
    expect(listing).toEqual({
      kind: 'zip',
      entries: [
        { path: 'a/', type: 'directory', size: null, target: null },
        { path: 'a/<b>', type: 'file', size: 7, target: null },
        { path: '../../up', type: 'file', size: 7, target: null },
      ],
      truncated: false,
    });
  });

  it.each([
    ['a plain text', 'hello'],
    ['nothing at all', ''],
    ['a compressed text', gzipSync('hello')],
    ['what only begins like gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3])],
    ['what only begins like zip', 'PK\x03\x04 and no end'],
    [
      'a zip archive whose directory is beyond its end',
      Buffer.concat([zip([]).subarray(0, -4), Buffer.from('\xff\xff\xff\xff', 'latin1')]),
    ],
    [
      'a zip archive whose directory is something else',
      Buffer.concat([zip(['x']).subarray(0, 5), zip(['x']).subarray(4)]),
    ],
    ['a zip archive whose long end is nowhere', withLongEnd(zip(['x']))],
    ['a tar archive with a name as long as a book', Buffer.concat([header('x', 2 ** 20, 'L'), END])],
    ['a tar archive that goes on as something else', Buffer.concat([header('x', 0), Buffer.alloc(512, 'x')])],
  ])('of %s cannot be listed', async (_, bytes) => {
    await expect(of(bytes)).rejects.toThrow(NotListableError);
  });

  it('are found in an archive that is cut off, as far as it goes', async () => {
    expect(paths(await of(Buffer.concat([header('a', 3), filled('abc'), header('b', 100_000)])))).toEqual(['a', 'b']);
  });
});
