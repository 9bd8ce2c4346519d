// A stand-in for a media server: whatever playlist is asked for has the same three seconds.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../media/support/processes.mjs';

/** @returns {Promise<{host: string, settings: object, end(): void}>}  `settings` of a server whose streams it has */
export async function startPlaylists() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-playlists-'));
  await run('ffmpeg', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=15', '-t', '3', '-pix_fmt', 'yuv420p',
    '-c:v', 'libx264', '-f', 'hls', '-hls_list_size', '0', path.join(folder, 'any.m3u8'));
  const listener = http.createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://host');
    const name = pathname.endsWith('.m3u8') ? 'any.m3u8' : path.basename(pathname);
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*',
      'Content-Type': name === 'any.m3u8' ? 'application/vnd.apple.mpegurl' : 'video/mp2t' });
    response.end(fs.readFileSync(path.join(folder, name)));
  });
  await new Promise((resolve) => { listener.listen(0, '127.0.0.1', resolve); });
  const host = `127.0.0.1:${listener.address().port}`;
  return {
    host,
    settings: { 'live.play_host': host, 'live.mixed_play_url': 'http://{host}/mix/{stream}.m3u8',
      'live.hls_url': `http://${host}/hls/{stream}.m3u8` },
    end() {
      listener.closeAllConnections();
      listener.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
