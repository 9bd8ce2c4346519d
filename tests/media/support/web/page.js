// Runs in a browser: publishes a clock and a tone by WHIP, plays by WHEP, and tells what comes out.
import { bitsIn, bitsOf, drawBits, heightOf, kMarker, markerAge, powerOf, quantile, readBits } from './clock_cells.js';

const kReadWidth = 160; // of the copy of a picture from which the squares are read
const kKept = 3000; // pictures of which a player knows the age
const sound = new AudioContext({ sampleRate: 48000 });

/** A camera that shows the clock, and a microphone with a tone. */
function makeStream({ source, frequency, width = 640, height = 360, rate = 25 }) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  const draw = () => {
    context.fillStyle = `hsl(${(Date.now() / 20) % 360} 60% 50%)`;
    context.fillRect(0, heightOf(width), width, height);
    drawBits(bitsOf(Date.now(), source), width, (x, y, size, bit) => {
      context.fillStyle = bit ? '#fff' : '#000';
      context.fillRect(x, y, size, size);
    });
  };
  draw();
  const timer = setInterval(draw, 1000 / rate);
  const to = sound.createMediaStreamDestination();
  const add = (tone, loudness) => {
    const gain = new GainNode(sound, { gain: loudness });
    const tone_ = new OscillatorNode(sound, { frequency: tone });
    tone_.connect(gain).connect(to);
    tone_.start();
    return gain;
  };
  add(frequency, 0.2);
  const marker = add(kMarker.frequency, 0);
  let next = 0;
  const schedule = setInterval(() => {
    const { contextTime, performanceTime } = sound.getOutputTimestamp();
    const now = performance.timeOrigin + performanceTime;
    const at = Math.ceil(now / kMarker.periodMs) * kMarker.periodMs;
    if (at === next || at - now > 1000 || at - now < 100) return;
    next = at;
    const start = contextTime + (at - now) / 1000;
    marker.gain.setValueAtTime(kMarker.loudness, start);
    marker.gain.setValueAtTime(0, start + kMarker.lengthMs / 1000);
  }, 250);
  const stream = new MediaStream([...canvas.captureStream(rate).getTracks(), ...to.stream.getTracks()]);
  return { stream, stop: () => { clearInterval(timer); clearInterval(schedule); for (const track of stream.getTracks()) track.stop(); } };
}

/** The browser's own, which go on when this page hangs. */
async function openDevices() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  return { stream, stop: () => { for (const track of stream.getTracks()) track.stop(); } };
}

/** As RFC 9725 has it. `change` may alter the offer. @returns the reply and, of 201, the session's address */
async function exchange(connection, url, change) {
  await connection.setLocalDescription();
  const body = change(connection.localDescription.sdp);
  const reply = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
  const text = await reply.text();
  if (reply.status === 201) {
    // The test may put a relay in between.
    const sdp = window.relayed ? await window.relayed(text) : text;
    await connection.setRemoteDescription({ type: 'answer', sdp });
  }
  return { status: reply.status, text, location: reply.status === 201 ? new URL(reply.headers.get('Location'), url).href : '' };
}

const withOtherFingerprint = (sdp) => sdp.replaceAll(/(a=fingerprint:sha-256 )(..)/g,
  (all, start, byte) => start + (byte === '00' ? '01' : '00'));

class Session {
  constructor(url, options) {
    this.options = options;
    this.url = url;
    this.states = [];
    this.connection = new RTCPeerConnection(options.configuration ?? {});
    this.connection.addEventListener('connectionstatechange', () => this.states.push(this.connection.connectionState));
  }

  async open() {
    this.posted = performance.now();
    this.reply = await exchange(this.connection, this.url, this.options.isForged ? withOtherFingerprint : (sdp) => sdp);
    return { status: this.reply.status, text: this.reply.text };
  }

  /** Pictures that came or went, by the browser's own count. */
  async counts() {
    const found = [...(await this.connection.getStats()).values()];
    const rtp = (kind) => found.find((one) => /^(in|out)bound-rtp$/.test(one.type) && one.kind === kind) ?? {};
    const [video, audio] = [rtp('video'), rtp('audio')];
    return {
      pictures: video.framesDecoded ?? video.framesEncoded ?? 0,
      packets: { video: video.packetsReceived ?? video.packetsSent ?? 0, audio: audio.packetsReceived ?? audio.packetsSent ?? 0 },
      size: `${video.frameWidth}x${video.frameHeight}`,
    };
  }

  answer() { return this.reply.text; }

  /** By which way it is connected: kind and protocol of the own end, and address and port of the other one. */
  async way() {
    const all = await this.connection.getStats();
    const pair = all.get([...all.values()].find(({ type }) => type === 'transport')?.selectedCandidatePairId);
    const [own, other] = [all.get(pair?.localCandidateId), all.get(pair?.remoteCandidateId)];
    return own && other && `${own.candidateType} ${own.relayProtocol ?? own.protocol} ${other.address}:${other.port}`;
  }

  get state() { return this.connection.connectionState; }

  async remove() { return (await fetch(this.reply.location, { method: 'DELETE' })).status; }

  /** Whether the server knows the session. */
  async exists() {
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    return (await fetch(this.reply.location, { method: 'PATCH', headers, body: 'a=end-of-candidates' })).status !== 404;
  }

  close() { this.connection.close(); }
}

class Publication extends Session {
  constructor(url, options, source) {
    super(url, options);
    this.source = source;
    const wanted = options.kinds ?? ['audio', 'video'];
    for (const track of this.source.stream.getTracks()) {
      if (!wanted.includes(track.kind)) continue;
      const transceiver = this.connection.addTransceiver(track, { direction: 'sendonly', streams: [this.source.stream] });
      if (track.kind === 'video') {
        const codecs = RTCRtpReceiver.getCapabilities('video').codecs;
        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /H264|rtx/i.test(mimeType)));
      }
    }
  }

  /** Sends the pictures of a screen, as another source, instead of the camera's; of undefined: the camera's again. */
  async share(screen) {
    this.screen?.stop();
    this.screen = screen && makeStream({ ...this.options, ...screen });
    const sender = this.connection.getSenders().find(({ track }) => track.kind === 'video');
    await sender.replaceTrack((this.screen ?? this.source).stream.getVideoTracks()[0]);
  }

  mute(isMuted) { for (const track of this.source.stream.getTracks()) track.enabled = !isMuted; }

  close() {
    super.close();
    this.source.stop();
    this.screen?.stop();
  }
}

/** `options.part` is where the clock is in a picture: left and upper edge and width, as shares of the whole. */
class Playback extends Session {
  #ages = []; // of pictures: [when it was shown, source, age]
  #markers = []; // [when, age]
  #timers = [];

  constructor(url, options) {
    super(url, options);
    this.video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, playsInline: true });
    document.body.append(this.video);
    this.video.srcObject = new MediaStream();
    for (const kind of options.kinds ?? ['audio', 'video']) this.connection.addTransceiver(kind, { direction: 'recvonly' });
    this.connection.addEventListener('track', ({ track }) => {
      this.video.srcObject.addTrack(track);
      if (track.kind === 'audio') this.#listen(track);
    });
    this.#look();
  }

  #look() {
    const canvas = new OffscreenCanvas(kReadWidth, heightOf(kReadWidth));
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const [left, top, share] = this.options.part ?? [0, 0, 1];
    const look = () => {
      const { videoWidth, videoHeight } = this.video;
      const now = Date.now();
      this.firstShown ??= performance.now() - this.posted;
      if (videoWidth) {
        const width = videoWidth * share;
        context.drawImage(this.video, videoWidth * left, videoHeight * top, width, heightOf(width), 0, 0, kReadWidth, heightOf(kReadWidth));
        const { data } = context.getImageData(0, 0, kReadWidth, heightOf(kReadWidth));
        const read = readBits(bitsIn(kReadWidth, (x, y) => data[(y * kReadWidth + x) * 4 + 1]), now);
        this.#ages.push([now, read?.source ?? -1, read?.age ?? 0, `${videoWidth}x${videoHeight}`]);
        if (this.#ages.length > kKept) this.#ages.shift();
      }
      if (!this.isOver) this.video.requestVideoFrameCallback(look);
    };
    this.video.requestVideoFrameCallback(look);
  }

  #listen(track) {
    const input = sound.createMediaStreamSource(new MediaStream([track]));
    this.spectrum = new AnalyserNode(sound, { fftSize: 4096, smoothingTimeConstant: 0 });
    const short = new AnalyserNode(sound, { fftSize: 256 });
    input.connect(this.spectrum);
    input.connect(short);
    const samples = new Float32Array(short.fftSize);
    let isOn = true;
    this.#timers.push(setInterval(() => {
      short.getFloatTimeDomainData(samples);
      const was = isOn;
      isOn = powerOf(samples, kMarker.frequency, sound.sampleRate) > (kMarker.loudness * 0.4) ** 2;
      if (isOn && !was) this.#markers.push([Date.now(), markerAge(Date.now())]);
    }, 5));
  }

  /** The loudest frequency in Hz, and its level in dB, without that of markers. */
  loudest() {
    if (!this.spectrum) return { frequency: 0, level: -Infinity };
    const levels = new Float32Array(this.spectrum.frequencyBinCount);
    this.spectrum.getFloatFrequencyData(levels);
    const width = sound.sampleRate / this.spectrum.fftSize;
    const below = Math.floor((kMarker.frequency - 500) / width);
    let best = 1;
    for (let index = 2; index < below; ++index) if (levels[index] > levels[best]) best = index;
    return { frequency: best * width, level: levels[best] };
  }

  /** The level of a tone in dB. */
  levelOf(frequency) {
    if (!this.spectrum) return -Infinity;
    const levels = new Float32Array(this.spectrum.frequencyBinCount);
    this.spectrum.getFloatFrequencyData(levels);
    return levels[Math.round(frequency * this.spectrum.fftSize / sound.sampleRate)];
  }

  /** What has come since a time: pictures, whose, how late, and the sound relative to them; in ms. */
  figures(since) {
    const all = this.#ages.filter(([at]) => at >= since);
    const good = all.filter(([, source]) => source >= 0);
    const ages = good.map(([, , age]) => age);
    const p50 = quantile(ages, 0.5);
    const heard = this.#markers.filter(([at]) => at >= since).map(([, age]) => age);
    const gaps = all.map(([at], index) => at - (all[index - 1]?.[0] ?? at));
    return {
      pictures: good.length, damaged: all.length - good.length, sources: [...new Set(good.map(([, source]) => source))],
      sizes: [...new Set(all.map(([, , , size]) => size))], p50, p95: quantile(ages, 0.95), markers: heard.length,
      skew: heard.length > 0 ? quantile(heard, 0.5) - p50 : undefined, longestGap: Math.max(0, ...gaps),
      last: all.at(-1)?.[0] ?? 0, first: this.firstShown, loudest: this.loudest(),
    };
  }

  close() {
    super.close();
    this.isOver = true;
    this.#timers.forEach(clearInterval);
    this.video.remove();
  }
}

const sessions = new Map();

/** Called by the test, with what JSON can hold. */
window.media = {
  async publish(name, url, options) {
    return this.open(name, new Publication(url, options, options.isCamera ? await openDevices() : makeStream(options)));
  },
  async play(name, url, options = {}) { return this.open(name, new Playback(url, options)); },
  async open(name, session) {
    sessions.get(name)?.close();
    sessions.set(name, session);
    await sound.resume();
    return session.open();
  },
  call: (name, method, ...args) => sessions.get(name)[method](...args),
  get: (name, key) => sessions.get(name)[key],
};
