/** Nix's own base 32: no e, o, u, t, and the last byte's bits come first (`nix hash to-base32`). */
const ALPHABET = '0123456789abcdfghijklmnpqrsvwxyz';
const VALUE = new Map([...ALPHABET].map((char, index) => [char, index]));

/** How many characters `size` bytes take. */
export const base32Length = (size: number): number => Math.ceil((size * 8) / 5);

/** Bytes to Nix base 32. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  for (let n = base32Length(bytes.length) - 1; n >= 0; n--) {
    const bit = n * 5;
    const index = bit >> 3;
    const shift = bit & 7;
    const word = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8);
    text += ALPHABET[(word >> shift) & 31];
  }
  return text;
}

/** Nix base 32 to bytes. Throws on a foreign character, an impossible length, or bits that no byte has. */
export function decodeBase32(text: string): Buffer {
  const size = Math.floor((text.length * 5) / 8);
  if (base32Length(size) !== text.length) throw new Error(`not a Nix base 32 length: ${text.length}`);
  const bytes = Buffer.alloc(size);
  for (let n = 0; n < text.length; n++) {
    const value = VALUE.get(text[text.length - n - 1]!);
    if (value === undefined) throw new Error(`not a Nix base 32 character: '${text[text.length - n - 1]}'`);
    const bit = n * 5;
    const index = bit >> 3;
    const shifted = value << (bit & 7);
    bytes[index]! |= shifted & 255;
    const carry = shifted >> 8;
    if (index + 1 < size) bytes[index + 1]! |= carry;
    else if (carry !== 0) throw new Error('a Nix base 32 text with bits beyond its last byte');
  }
  return bytes;
}
