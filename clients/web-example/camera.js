// The own camera, microphone and screen: what is sent, the buttons for it, and the own picture.
import { show } from './language.js';

const kPicture = { width: 640, height: 360, frameRate: 15 };
const kScreen = { frameRate: { ideal: 10, max: 15 } };
const kMostBitrate = 1_200_000; // bits a second
const kDevices = { audio: 'microphones', video: 'cameras' }; // by kind of track
const kButtons = { audio: 'sound', video: 'picture' };
const kInUse = ['NotReadableError', 'AbortError']; // names of errors; the second is Firefox's
const kTexts = { audio: ['camera.mute', 'camera.unmute'], video: ['camera.hide', 'camera.show'] };

const byId = (id) => document.getElementById(id);
const stopTracks = (stream) => stream?.getTracks().forEach((track) => track.stop());

/** A camera and a microphone, or one of them where there is no other. */
async function openDevices() {
  if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError'); // a page that is neither HTTPS nor local
  const open = (video, audio) => navigator.mediaDevices.getUserMedia({ video, audio });
  try {
    return await open(kPicture, true);
  } catch (error) {
    if (error.name !== 'NotFoundError') throw error;
    return open(false, true).catch(() => open(kPicture, false));
  }
}

export class Camera {
  /** @param attempt  does something for a button, and tells in words why it failed
   * @param onChange  called when it begins, changes, or ends; with the name of a problem, if there is one */
  constructor(attempt, onChange) {
    this._onChange = onChange;
    this.element = document.createElement('div');
    this.element.className = 'player';
    const work = (id, task) => { byId(id).onclick = () => attempt(byId(id), task); };
    work('camera', () => (this.publication ? this.stop() : this.start(this._room)));
    work('screen', () => (this._screen ? this._endScreen() : this._shareScreen()));
    for (const kind of Object.keys(kDevices)) {
      work(kButtons[kind], () => this._mute(kind, !this._muted[kind]));
      byId(kDevices[kind]).onchange = () => attempt(byId(kDevices[kind]), () => this._choose(kind));
    }
    this._reset();
  }

  get isOn() { return Boolean(this.publication); }

  /** Shows the buttons. @param room  to which it may send; none: there are no buttons */
  offer(room) {
    this._room = room;
    byId('devices').hidden = !room;
  }

  /** Asks for the devices, and sends what they see and hear. */
  async start(room) {
    const stream = await openDevices();
    let publication;
    try {
      if (!room.isClosed) publication = await room.publish(stream, { maxBitrate: kMostBitrate });
    } finally {
      if (!publication) stopTracks(stream);
    }
    if (!publication) return;
    [this._stream, this.publication] = [stream, publication];
    publication.on('state', ({ state, problem }) => {
      if (this.publication !== publication) return;
      if (state === 'stopped') this._end();
      this._onChange(problem);
    });
    if (publication.state === 'stopped') this._end();
    await this._listDevices();
    this._show();
    this._onChange('');
  }

  stop() { return this.publication?.stop(); }

  stats() { return this.publication?.stats(); }

  // ---- Inside

  _reset() {
    this._screen = this._stream = this.publication = undefined;
    this._muted = { audio: false, video: false };
    this._show();
  }

  /** The room is over, or the camera was switched off. */
  _end() {
    stopTracks(this._stream);
    this._screen?.stop();
    this._reset();
  }

  _track(kind) { return this._stream?.getTracks().find((track) => track.kind === kind); }

  _mute(kind, isMuted) {
    this.publication.mute(kind, isMuted);
    this._muted[kind] = isMuted;
    this._show();
  }

  /** Another device, in place of the one before once it is open. Some phones open one camera at a time: there the one before
   * is closed first, and is opened anew where the other one fails. */
  async _choose(kind) {
    const [stream, before, devices] = [this._stream, this._track(kind), byId(kDevices[kind])];
    const former = before.getSettings().deviceId;
    const open = (id) => {
      const deviceId = { exact: id };
      return navigator.mediaDevices.getUserMedia({ [kind]: kind === 'video' ? { ...kPicture, deviceId } : { deviceId } });
    };
    let problem;
    const chosen = await open(devices.value).catch((error) => {
      if (!kInUse.includes(error.name)) throw error;
      before.stop();
      return open(devices.value);
    }).catch((error) => {
      devices.value = former;
      if (before.readyState === 'live') throw error;
      problem = error;
      return open(former);
    });
    if (this._stream !== stream) return stopTracks(chosen); // it was switched off meanwhile
    const [track] = chosen.getTracks();
    before.stop();
    stream.removeTrack(before);
    stream.addTrack(track);
    if (kind === 'audio' || !this._screen) await this.publication.replaceTrack(kind, track);
    this._show();
    if (problem) throw problem;
  }

  async _shareScreen() {
    let chosen;
    try {
      chosen = await navigator.mediaDevices.getDisplayMedia({ video: kScreen, audio: false });
    } catch (error) {
      if (error.name === 'NotAllowedError') return; // the user has chosen nothing
      throw error;
    }
    const [track] = chosen.getVideoTracks();
    if (!this.publication) {
      track.stop();
      return;
    }
    track.contentHint = 'detail'; // text stays sharp
    track.onended = () => this._endScreen(); // by the browser's own button
    this._screen = track;
    await this.publication.replaceTrack('video', track);
    this._show();
  }

  async _endScreen() {
    this._screen?.stop();
    this._screen = undefined;
    await this.publication?.replaceTrack('video', this._track('video') ?? null);
    this._show();
  }

  /** Names of devices are told only to pages that may use them. */
  async _listDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [kind, id] of Object.entries(kDevices)) {
      const settings = this._track(kind)?.getSettings();
      byId(id).replaceChildren(...devices.filter((device) => device.kind === `${kind}input`)
        .map(({ label, deviceId }) => new Option(label, deviceId, false, deviceId === settings?.deviceId)));
    }
  }

  _show() {
    const { isOn } = this;
    show(byId('camera'), isOn ? 'camera.stop' : 'camera.start');
    show(byId('screen'), this._screen ? 'camera.endScreen' : 'camera.shareScreen');
    byId('screen').hidden = !isOn || !navigator.mediaDevices.getDisplayMedia; // phones have none
    for (const [kind, id] of Object.entries(kButtons)) {
      const isThere = Boolean(this._track(kind) || (kind === 'video' && this._screen));
      byId(id).hidden = !isThere;
      show(byId(id), kTexts[kind][Number(this._muted[kind])]);
      const devices = byId(kDevices[kind]);
      devices.parentElement.hidden = !this._track(kind) || devices.options.length < 2;
    }
    this._showPicture();
  }

  /** Mirrored, as one knows oneself, but for the screen. */
  _showPicture() {
    const track = this._screen ?? this._track('video');
    if (this.isOn && track) {
      const video = document.createElement('video');
      Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: new MediaStream([track]) });
      video.className = this._screen ? '' : 'mirrored';
      this.element.replaceChildren(video);
    } else {
      this.element.replaceChildren(show(document.createElement('p'), 'camera.soundOnly'));
    }
  }
}
