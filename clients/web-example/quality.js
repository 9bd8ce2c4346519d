// Who speaks, and how good each connection is, as the statistics of the browser tell.
import { show } from './language.js';

const kPeriodMs = 500;
const kSpeaking = 0.02; // of the loudest sound that there is
const kPoor = { loss: 0.1, rttMs: 600 };
const kFair = { loss: 0.03, rttMs: 250 };

const exceeds = ({ loss, rttMs }, limits) => loss > limits.loss || rttMs > limits.rttMs;

/** @param stats  of the library @returns 'good', 'fair' or 'poor' */
export function qualityOf(stats) {
  if (exceeds(stats, kPoor)) return 'poor';
  return exceeds(stats, kFair) ? 'fair' : 'good';
}

/** A dot, with a text for those who do not see it. */
export function makeDot() {
  const dot = document.createElement('span');
  dot.className = 'quality';
  dot.hidden = true;
  const text = document.createElement('span');
  text.className = 'unseen';
  dot.append(text);
  return dot;
}

/** Keeps the tiles up to date while the page is seen.
 * @param tilesNow  gives {element, dot, stats()} of each; `stats` promises what the library has, or nothing */
export function watchQuality(tilesNow) {
  setInterval(() => {
    if (document.hidden) return;
    tilesNow().forEach(async ({ element, dot, stats }) => {
      const now = await stats();
      const isPlayed = now?.kbps > 0;
      dot.hidden = !isPlayed;
      element.dataset.speaking = Boolean(now) && now.audioLevel > kSpeaking;
      if (!isPlayed) return;
      dot.dataset.quality = qualityOf(now);
      show(dot.firstChild, `quality.${dot.dataset.quality}`);
    });
  }, kPeriodMs);
}
