// Text that users typed, made safe to look at: what would hide, reorder or imitate other text is
// shown by its number instead.

/**
 * One run of a text: either characters to show as they are, or one character that must be spelled.
 * @typedef {{text: string, code: number|null}} TextRun
 */

// Controls, format characters (bidi controls, zero-width ones, tags), line and paragraph
// separators, unpaired surrogates, private use, the blank Braille pattern, and all that fonts are to
// draw as nothing, assigned or not: blank letters, and variation selectors, which could hide data.
// What emoji are made of is told by its neighbours, see `isPartOfEmoji`.
const kUnseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/u;
const kPictograph = /^\p{Extended_Pictographic}$/u;
const kJoined = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const kKey = /^[0-9#*]$/;
const kJoiner = '\u200d';
const kEmojiSelector = '\ufe0f';
const kKeycap = '\u20e3';

/**
 * Whether a character that cannot be seen makes one emoji of its neighbours, or an emoji of the one
 * before it.
 * @param {string} before  one character, or none
 * @param {string} character
 * @param {string} after  one character, or none
 */
function isPartOfEmoji(before, character, after) {
  if (character === kJoiner) return kJoined.test(before) && kPictograph.test(after);
  if (character !== kEmojiSelector) return false;
  return kPictograph.test(before) || (kKey.test(before) && after === kKeycap);
}

/**
 * Splits a text into runs that can be shown and characters that must be spelled out.
 * @param {string} text
 * @returns {TextRun[]}
 */
export function visibleRuns(text) {
  /** @type {TextRun[]} */
  const runs = [];
  const characters = [...text];
  let shown = '';
  characters.forEach((character, at) => {
    if (!kUnseen.test(character) || isPartOfEmoji(characters[at - 1] ?? '', character, characters[at + 1] ?? '')) {
      shown += character;
      return;
    }
    if (shown) runs.push({ text: shown, code: null });
    shown = '';
    runs.push({ text: character, code: /** @type {number} */ (character.codePointAt(0)) });
  });
  if (shown) runs.push({ text: shown, code: null });
  return runs;
}

/**
 * The usual name of a character: `U+202E`.
 * @param {number} code
 */
export function codeName(code) {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The same text where only characters can be: titles, labels, announcements.
 * @param {string} text
 */
export function plainText(text) {
  return visibleRuns(text)
    .map((run) => (run.code === null ? run.text : `[${codeName(run.code)}]`))
    .join('');
}

/**
 * One or two letters that stand for a person in place of a picture.
 * @param {string} name
 * @param {string} userId  when the name has none
 */
export function initials(name, userId) {
  for (const source of [name, userId]) {
    const words = source.match(/[\p{L}\p{N}]+/gu);
    if (!words) continue;
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
    return letters.map((word) => [...word][0]).join('').toUpperCase();
  }
  return '?';
}

/**
 * One of eight colours of a person, the same each time.
 * @param {string} userId
 */
export function toneOf(userId) {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + /** @type {number} */ (character.codePointAt(0))) % 65_521;
  return sum % 8;
}
