import fc from 'fast-check';
import { CopyBinaryDecoder, type Row } from './copy-binary.js';

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const int = (size: 2 | 4 | 8, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes.subarray(8 - size);
};

/** What PostgreSQL sends for these rows. */
const encode = (rows: readonly Row[], extension = Buffer.alloc(0)): Buffer =>
  Buffer.concat([
    Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
    int(4, 0n),
    field(extension),
    ...rows.flatMap((row) => [
      int(2, 7n),
      field(int(8, row.position)),
      field(Buffer.from(row.stream)),
      field(int(4, BigInt(row.revision))),
      field(Buffer.from(row.id.replaceAll('-', ''), 'hex')),
      field(Buffer.from(row.type)),
      field(Buffer.from(row.data)),
      field(Buffer.from(row.metadata)),
    ]),
    int(2, -1n),
  ]);

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const rows = fc.array(
  fc.record({
    position: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    stream: text,
    revision: fc.nat(),
    id: fc.uuid(),
    type: text,
    data: text,
    metadata: text,
  }),
  { maxLength: 6 },
);

describe('the binary format of COPY', () => {
  it('gives the same rows however the bytes are cut, also inside a character', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (expected, sizes) => {
        const bytes = encode(expected, Buffer.from('ext'));
        const decoder = new CopyBinaryDecoder();
        const decoded: Row[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          decoder.push(bytes.subarray(at, at + size), decoded);
          at += size;
        }
        decoder.finish();
        expect(decoded).toEqual(expected);
      }),
    );
  });

  const row: Row = {
    position: 1n,
    stream: 's',
    revision: 0,
    id: '00000000-0000-4000-8000-000000000000',
    type: 'T',
    data: '1',
    metadata: '{}',
  };
  it('that stops early is an error', () => {
    const bytes = encode([row]);
    for (let length = 0; length < bytes.length; length++) {
      const decoder = new CopyBinaryDecoder();
      decoder.push(bytes.subarray(0, length), []);
      expect(() => decoder.finish()).toThrow('COPY ended in the middle');
    }
  });
  it('is told from anything else', () => {
    expect(() => new CopyBinaryDecoder().push(Buffer.from('position,stream,revision,id,type,data'), [])).toThrow(
      'not the binary format',
    );
    const bytes = encode([row]);
    bytes.writeInt16BE(6, 19);
    expect(() => new CopyBinaryDecoder().push(bytes, [])).toThrow('a row of 6 fields');
  });
});
