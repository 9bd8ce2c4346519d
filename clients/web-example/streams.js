// Plays what a browser can play of a member's stream. Mini-programs stream by RTMP, which no browser plays; media
// servers offer the same stream as HLS, which Safari and current Chromium play.
import { show } from './language.js';

const kRetryMs = 2000;
const kHls = 'application/vnd.apple.mpegurl';

/** The address for a <video>, or ''.
 * @param url  an accelerateURL or mixedPlayURL
 * @param playlist  where the media server has HLS of its streams: 'https://media.example.com/hls/{stream}.m3u8' */
export function playableUrl(url, playlist) {
  if (/^https?:/.test(url) && /\.(m3u8|mp4)$/.test(new URL(url).pathname)) return url;
  // rtmp://host/app/stream?signature. The signature lets its holder play the stream, by either protocol.
  const [, stream, signature = ''] = /^rtmp:\/\/[^?]*\/([^/?]+)(\?.*)?$/.exec(url) ?? [];
  return stream && playlist ? playlist.replace('{stream}', () => stream) + signature : '';
}

/** Shows a stream, or says why there is none. `play` may be called again with the same address. */
export class Player {
  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'player';
    this._note = document.createElement('p');
    this.element.append(this._note);
  }

  play(url, playlist) {
    const address = playableUrl(url, playlist);
    if (address === this._address && url === this._url) return;
    this.stop();
    [this._url, this._address] = [url, address];
    if (!url) show(this._note, 'stream.none');
    else if (!address) show(this._note, 'stream.unplayable');
    else this._start(address);
  }

  _start(address) {
    const video = document.createElement('video');
    if (new URL(address).pathname.endsWith('.m3u8') && !video.canPlayType(kHls)) {
      show(this._note, 'stream.noHls');
      return;
    }
    show(this._note, 'stream.waiting');
    // Browsers let a video with sound begin only after a click: it has controls.
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, controls: true });
    video.onplaying = () => { this._note.hidden = true; };
    // A live playlist has nothing for its first seconds, and after a break.
    video.onerror = () => {
      this._note.hidden = false;
      this._retry = setTimeout(() => { video.src = address; }, kRetryMs);
    };
    video.src = address;
    this._video = video;
    this.element.prepend(video);
  }

  /** Otherwise it would go on loading. */
  stop() {
    clearTimeout(this._retry);
    if (this._video) {
      this._video.onerror = null;
      this._video.removeAttribute('src');
      this._video.load();
      this._video.remove();
    }
    this._video = this._url = this._address = undefined;
    this._note.hidden = false;
  }
}
