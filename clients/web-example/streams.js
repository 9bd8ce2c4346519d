// Plays what a browser can play of a member's stream. Mini-programs stream by RTMP, which no browser plays; media
// servers offer the same stream as HLS, which Safari and current Chromium play; for others there is hls.js.
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

let library;

/** The class of hls.js, or nothing where the page is served without it, or the browser cannot run it. */
function loadHls() {
  library ??= import('./hls.js').then(({ default: Hls }) => (Hls.isSupported() ? Hls : null), () => null);
  return library;
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

  async _start(address) {
    const video = document.createElement('video');
    show(this._note, 'stream.waiting');
    let Hls;
    if (new URL(address).pathname.endsWith('.m3u8') && !video.canPlayType(kHls)) {
      Hls = await loadHls();
      if (address !== this._address) return; // stopped meanwhile
      if (!Hls) {
        show(this._note, 'stream.noHls');
        return;
      }
    }
    // Browsers let a video with sound begin only after a click: it has controls.
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, controls: true });
    video.onplaying = () => { this._note.hidden = true; };
    // A live playlist has nothing for its first seconds, and after a break.
    const onError = () => {
      this._note.hidden = false;
      clearTimeout(this._retry);
      this._retry = setTimeout(begin, kRetryMs);
    };
    const begin = () => {
      if (!Hls) {
        video.src = address;
        return;
      }
      this._hls?.destroy();
      this._hls = new Hls({ enableWorker: false }); // a policy for this page's content need not allow any
      this._hls.on(Hls.Events.ERROR, (_, { fatal }) => { if (fatal) onError(); });
      this._hls.loadSource(address);
      this._hls.attachMedia(video);
    };
    if (!Hls) video.onerror = onError;
    this._video = video;
    this.element.prepend(video);
    begin();
  }

  /** Otherwise it would go on loading. */
  stop() {
    clearTimeout(this._retry);
    this._hls?.destroy();
    if (this._video) {
      this._video.onerror = null;
      this._video.removeAttribute('src');
      this._video.load();
      this._video.remove();
    }
    this._video = this._hls = this._url = this._address = undefined;
    this._note.hidden = false;
  }
}
