/**
 * HPACK's Huffman code (RFC 7541, 5.2 and appendix B). It is canonical: codes of one length follow each other in order
 * of their symbols, and go on, shifted, at the next length. So the lengths say it all; a digit here is one symbol's
 * length in base 36, from symbol 0 to 256, the last being the end-of-string mark.
 */
const CODE_LENGTHS = "" +
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq" +
  "u";

const END_OF_STRING = 256;
const MAX_CODE_BITS = 30;

/** Symbols in order of their codes, and where each length begins: as a code, and in that order. */
const { symbols, firstCode, firstIndex } = layOut();

function layOut() {
  const lengths = [...CODE_LENGTHS].map((digit) => parseInt(digit, 36));
  const symbols = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b] || a - b);
  const firstCode: number[] = [];
  const firstIndex: number[] = [];
  let code = 0;
  let index = 0;
  for (let bits = 0; bits <= MAX_CODE_BITS + 1; bits++) {
    firstCode[bits] = code;
    firstIndex[bits] = index;
    const count = lengths.filter((length) => length === bits).length;
    code = (code + count) * 2;
    index += count;
  }
  return { symbols, firstCode, firstIndex };
}

/** @throws RangeError when the bytes are no such code */
export function decodeHuffman(bytes: Uint8Array): Uint8Array {
  const decoded: number[] = [];
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      code = code * 2 + (byte & mask ? 1 : 0);
      if (++bits > MAX_CODE_BITS) throw new RangeError("broken Huffman code");
      const index = firstIndex[bits] + code - firstCode[bits];
      if (index >= firstIndex[bits + 1]) continue;
      if (symbols[index] === END_OF_STRING) throw new RangeError("end-of-string mark inside a Huffman code");
      decoded.push(symbols[index]);
      code = bits = 0;
    }
  }
  // What is left over pads the last byte: fewer than 8 bits, all ones.
  if (bits > 7 || code !== 2 ** bits - 1) throw new RangeError("broken padding after a Huffman code");
  return new Uint8Array(decoded);
}
