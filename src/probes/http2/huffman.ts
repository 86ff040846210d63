import { lazy } from "../../base/lazy.ts";

/**
 * The symbols of HPACK's Huffman code (RFC 7541, appendix B) by the length of their code words in bits, as ranges and
 * single ones. The code is canonical, so nothing more is needed: ordered by length and then by symbol, each word is
 * the one before it plus one, shifted left where the length grows.
 */
const SYMBOLS_BY_LENGTH: readonly (readonly [bits: number, symbols: string])[] = [
  [5, "48-50 97 99 101 105 111 115 116"],
  [6, "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117"],
  [7, "58 66-87 89 106 107 113 118-122"],
  [8, "38 42 44 59 88 90"],
  [10, "33 34 40 41 63"],
  [11, "39 43 124"],
  [12, "35 62"],
  [13, "0 36 64 91 93 126"],
  [14, "94 125"],
  [15, "60 96 123"],
  [19, "92 195 208"],
  [20, "128 130 131 162 184 194 224 226"],
  [21, "153 161 167 172 176 177 180 209 216 217 227 229 230"],
  [22, "129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233"],
  [23, "1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 179 182 183 188 191 197 231 239"],
  [24, "9 142 144 145 148 159 171 206 215 225 236 237"],
  [25, "199 207 234 235"],
  [26, "192 193 200-202 205 210 213 218 219 238 240 242 243 255"],
  [27, "203 204 211 212 214 221-223 241 244-248 250-254"],
  [28, "2-8 11 12 14-21 23-31 127 220 249"],
  [30, "10 13 22 256"],
];

/** The symbol that ends a string, which no string may hold. */
const END_OF_STRING = 256;

/** The words of one length: they are consecutive. */
interface WordRow {
  readonly bits: number;
  readonly firstWord: number;
  readonly symbols: readonly number[];
}

const ROWS = lazy(layOut);

/** @returns the text's bytes, or `undefined` when this is no such code */
export function decodeHuffman(coded: Uint8Array): Uint8Array | undefined {
  const rows = ROWS();
  const decoded = new Uint8Array(Math.ceil(coded.length * 8 / rows[0].bits));
  let length = 0;
  let word = 0;
  let bits = 0;
  let row = 0;
  for (let at = 0; at < coded.length * 8; at++) {
    word = word << 1 | coded[at >> 3] >> (7 - (at & 7)) & 1;
    bits++;
    while (row < rows.length && rows[row].bits < bits) row++;
    if (row === rows.length) return undefined;
    if (rows[row].bits !== bits) continue;
    const index = word - rows[row].firstWord;
    if (index >= rows[row].symbols.length) continue; // a longer word
    const symbol = rows[row].symbols[index];
    if (symbol === END_OF_STRING) return undefined;
    decoded[length++] = symbol;
    word = bits = row = 0;
  }
  // The last byte is filled up with the first bits of the end mark's word, which are all ones.
  const padded = bits < 8 && word === (1 << bits) - 1;
  return padded ? decoded.subarray(0, length) : undefined;
}

function layOut(): WordRow[] {
  const rows: WordRow[] = [];
  let nextWord = 0;
  let lastBits = 0;
  for (const [bits, list] of SYMBOLS_BY_LENGTH) {
    const symbols = list.split(" ").flatMap((item) => {
      const [from, to = from] = item.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
    nextWord <<= bits - lastBits;
    rows.push({ bits, firstWord: nextWord, symbols });
    nextWord += symbols.length;
    lastBits = bits;
  }
  return rows;
}
