// A phone: ffmpeg that pushes or plays RTMP, with a clock in its pictures and a tone in its sound, as pages have them.
import { spawn } from 'node:child_process';
import { bitsIn, bitsOf, drawBits, kMarker, markerAge, powerOf, quantile, readBits } from './clock_cells.js';

const kWidth = 320;
const kHeight = 180;
const kRate = 48000;
const kPiece = kRate / 50; // samples of 20 ms
const kPictureMs = 40;
const kPieceBytes = 512; // 5.3 ms of a phone that plays
const kRecentBytes = 8192;

const samplesIn = (bytes) => Float32Array.from({ length: bytes.length / 2 }, (none, index) => bytes.readInt16LE(index * 2) / 32768);

class Program {
  output = '';

  constructor(args, pipes) {
    this.child = spawn('ffmpeg', ['-nostdin', '-hide_banner', '-v', 'error', ...args], { stdio: ['ignore', 'pipe', 'pipe', ...pipes] });
    this.child.stderr.on('data', (bytes) => { this.output = (this.output + bytes).slice(-10_000); });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => { resolve(this.result = code ?? signal); });
    });
    for (const pipe of this.child.stdio) pipe?.on('error', () => {}); // it may end at any time
  }

  async stop() {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

/** Pushes until it is stopped, or the server ends it. */
export class PushingPhone extends Program {
  #timer;

  /** @param options  source, frequency; `video`: more of ffmpeg for the encoder, or null for sound alone */
  constructor(url, { source, frequency, video = [] }) {
    const camera = ['-thread_queue_size', '64', '-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${kWidth}x${kHeight}`,
      '-r', String(1000 / kPictureMs), '-i', 'pipe:3'];
    const encoder = video && ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'main',
      '-g', '25', ...video];
    super([...(video ? camera : []), '-thread_queue_size', '64', '-f', 's16le', '-ar', String(kRate), '-ac', '1', '-i', 'pipe:4',
      ...(encoder ?? []), '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', '-flush_packets', '1', url], ['pipe', 'pipe']);
    const [, , , pictures, sound] = this.child.stdio;
    const begun = Date.now();
    let [shown, heard] = [0, 0]; // pictures and pieces so far
    this.#timer = setInterval(() => {
      const now = Date.now();
      for (; video && begun + shown * kPictureMs <= now; ++shown) pictures.write(this.#picture(begun + shown * kPictureMs, source));
      for (; begun + heard * 20 <= now; ++heard) sound.write(this.#piece(begun + heard * 20, frequency));
    }, 5);
    void this.ended.then(() => clearInterval(this.#timer));
  }

  #picture(time, source) {
    const picture = Buffer.alloc(kWidth * kHeight, 100 + (Math.floor(time / kPictureMs) % 50));
    drawBits(bitsOf(time, source), kWidth, (x, y, size, bit) => {
      for (let row = y; row < y + size; ++row) picture.fill(bit ? 235 : 16, row * kWidth + x, row * kWidth + x + size);
    });
    return picture;
  }

  #piece(time, frequency) {
    const piece = Buffer.alloc(kPiece * 2);
    for (let index = 0; index < kPiece; ++index) {
      const at = time + index * 1000 / kRate;
      let sample = 0.2 * Math.sin(2 * Math.PI * frequency * ((at / 1000) % 1000));
      if (at % kMarker.periodMs < kMarker.lengthMs) sample += kMarker.loudness * Math.sin(2 * Math.PI * kMarker.frequency * ((at / 1000) % 1000));
      piece.writeInt16LE(Math.round(sample * 32767), index * 2);
    }
    return piece;
  }
}

/** Plays until it is stopped, or the stream ends. */
export class PlayingPhone extends Program {
  #ages = [];
  #markers = [];
  #recent = Buffer.alloc(0); // the last tenth of a second
  #rest = { pictures: Buffer.alloc(0), sound: Buffer.alloc(0) };
  #isOn = true;

  constructor(url) {
    super(['-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', '5000000', '-i', url,
      '-map', '0:v?', '-vf', `scale=${kWidth}:${kHeight},format=gray`, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-flush_packets', '1', 'pipe:1',
      '-map', '0:a?', '-ac', '1', '-ar', String(kRate), '-f', 's16le', '-flush_packets', '1', 'pipe:3'], ['pipe']);
    this.child.stdout.on('data', (bytes) => this.#see(bytes));
    this.child.stdio[3].on('data', (bytes) => this.#hear(bytes));
  }

  #see(bytes) {
    let all = Buffer.concat([this.#rest.pictures, bytes]);
    for (const size = kWidth * kHeight; all.length >= size; all = all.subarray(size)) {
      const now = Date.now();
      const picture = all.subarray(0, size);
      const read = readBits(bitsIn(kWidth, (x, y) => picture[y * kWidth + x]), now);
      this.#ages.push([now, read?.source ?? -1, read?.age ?? 0]);
    }
    this.#rest.pictures = Buffer.from(all);
    if (this.#ages.length > 3000) this.#ages.splice(0, 1000);
  }

  #hear(bytes) {
    const all = Buffer.concat([this.#rest.sound, bytes]);
    const whole = all.length - all.length % kPieceBytes;
    for (let at = 0; at < whole; at += kPieceBytes) {
      const was = this.#isOn;
      const piece = samplesIn(all.subarray(at, at + kPieceBytes));
      this.#isOn = powerOf(piece, kMarker.frequency, kRate) > (kMarker.loudness * 0.4) ** 2;
      if (this.#isOn && !was) this.#markers.push([Date.now(), markerAge(Date.now())]);
    }
    this.#recent = Buffer.concat([this.#recent, all.subarray(0, whole)]).subarray(-kRecentBytes);
    this.#rest.sound = all.subarray(whole);
  }

  /** The level of a tone in dB. */
  levelOf(frequency) { return 10 * Math.log10(powerOf(samplesIn(this.#recent), frequency, kRate) + 1e-12); }

  /** How many pictures have come, with a clock or without. */
  shownSince(since) { return this.#ages.filter(([at]) => at >= since).length; }

  /** As those of a page's player. */
  figures(since) {
    const all = this.#ages.filter(([at]) => at >= since);
    const good = all.filter(([, source]) => source >= 0);
    const p50 = quantile(good.map(([, , age]) => age), 0.5);
    const heard = this.#markers.filter(([at]) => at >= since).map(([, age]) => age);
    return {
      pictures: good.length, damaged: all.length - good.length, sources: [...new Set(good.map(([, source]) => source))],
      p50, p95: quantile(good.map(([, , age]) => age), 0.95), markers: heard.length,
      skew: heard.length > 0 ? quantile(heard, 0.5) - p50 : undefined, last: all.at(-1)?.[0] ?? 0,
    };
  }
}
