// Plays what a browser can play of a member's stream. Mini-programs stream by RTMP, which no browser plays; servers with
// sessions for browsers offer the same stream by WebRTC, within a fraction of a second; others as HLS, which Safari and
// current Chromium play; for the rest there is hls.js.
import { show } from './language.js';

const kRetryMs = 2000;
const kAgainMs = 60_000; // after which WebRTC is tried anew, as networks change
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
  /** @param onProblem  called with the name of what keeps it from WebRTC */
  constructor(onProblem) {
    this._onProblem = onProblem;
    this._refusal = ''; // why it is not WebRTC
    this.element = document.createElement('div');
    this.element.className = 'player';
    this._note = document.createElement('p');
    this.element.append(this._note);
  }

  /** @param room  that plays members by WebRTC, if it does; else, and where that fails, it is HLS
   * @param userID  of the member */
  play(url, playlist, room, userID) {
    if (room && !this._refusal) {
      this._playByWebRtc(url, playlist, room, userID);
      return;
    }
    const address = playableUrl(url, playlist);
    if (address === this._address && url === this._url) return;
    this.stop();
    [this._url, this._address] = [url, address];
    if (room && url && this._refusal === 'NO_ROUTE') this._tryLater(playlist, room, userID);
    if (!url) show(this._note, 'stream.none');
    else if (!address) show(this._note, 'stream.unplayable');
    else this._start(address);
  }

  /** What is played by WebRTC; nothing otherwise. */
  stats() { return this._playback?.stats(); }

  /** The library follows the member from stream to stream. */
  _playByWebRtc(url, playlist, room, userID) {
    this._url = url;
    if (this._playback) {
      this._onState();
      return;
    }
    const video = document.createElement('video');
    video.playsInline = true;
    this._video = video;
    this.element.prepend(video);
    const playback = room.play(userID, video);
    this._onState = () => {
      if (this._playback !== playback) return;
      this._note.hidden = playback.state === 'live';
      show(this._note, this._url ? 'stream.waiting' : 'stream.none');
      if (!['NO_ROUTE', 'NO_WEB', 'NO_H264'].includes(playback.problem)) return;
      this._onProblem(playback.problem);
      const last = this._url;
      this._refusal = playback.problem;
      this.stop();
      this.play(last, playlist, room, userID);
    };
    this._playback = playback;
    playback.on('state', this._onState);
    playback.on('blocked', (isBlocked) => {
      this._unblock?.remove();
      if (!isBlocked) return;
      this._unblock = show(document.createElement('button'), 'stream.unblock');
      this._unblock.className = 'unblock';
      this._unblock.onclick = () => playback.unblock();
      this.element.append(this._unblock);
    });
    this._onState();
  }

  /** HLS goes on until something comes by WebRTC. */
  _tryLater(playlist, room, userID) {
    this._later = setTimeout(() => {
      const trial = room.play(userID, Object.assign(document.createElement('video'), { muted: true }));
      this._trial = trial;
      trial.on('state', ({ state, problem }) => {
        if (this._trial !== trial || (state !== 'live' && !problem)) return;
        const last = this._url;
        if (state === 'live') {
          this._refusal = '';
          this.stop();
          this.play(last, playlist, room, userID);
        } else {
          this._endTrial();
          this._tryLater(playlist, room, userID);
        }
      });
    }, kAgainMs);
  }

  _endTrial() {
    clearTimeout(this._later);
    const trial = this._trial;
    this._trial = undefined;
    trial?.stop();
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
    this._endTrial();
    this._hls?.destroy();
    const playback = this._playback;
    this._playback = undefined;
    playback?.stop();
    this._unblock?.remove();
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
