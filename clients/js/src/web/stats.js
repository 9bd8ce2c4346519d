// What the statistics of a connection say in a few numbers.

/** The function takes the statistics of now, from the same connection each time, or none.
 * @returns {(report?: Iterable<[string, any]>) => import('./types.js').MediaStats} */
export function makeStats() {
  const kNothing = { bytes: 0, packets: 0, lost: 0, energy: 0, heard: 0, at: 0 };
  let before = kNothing;
  return (report = []) => {
    const stats = { kbps: 0, loss: 0, rttMs: 0, audioLevel: 0, width: 0, height: 0, framesPerSecond: 0 };
    const now = { ...kNothing };
    for (const [, entry] of report) {
      const { type, kind } = entry;
      const isReceived = type === 'inbound-rtp';
      if (isReceived || type === 'outbound-rtp') {
        now.at = entry.timestamp;
        now.bytes += entry.bytesReceived ?? entry.bytesSent ?? 0;
        if (kind === 'video') {
          const { frameWidth: width = 0, frameHeight: height = 0, framesPerSecond = 0 } = entry;
          Object.assign(stats, { width, height, framesPerSecond });
        }
      }
      if (isReceived) {
        now.packets += entry.packetsReceived ?? 0;
        now.lost += entry.packetsLost ?? 0;
      }
      if (kind === 'audio' && (isReceived || type === 'media-source')) {
        now.energy = entry.totalAudioEnergy ?? 0;
        now.heard = entry.totalSamplesDuration ?? 0;
      }
      if (type === 'remote-inbound-rtp') stats.loss = Math.max(stats.loss, entry.fractionLost ?? 0);
      if (type === 'candidate-pair' && entry.nominated) stats.rttMs = 1000 * (entry.currentRoundTripTime ?? 0);
    }
    const passed = now.at - before.at;
    if (passed > 0 && before.at && now.bytes >= before.bytes) stats.kbps = (8 * (now.bytes - before.bytes)) / passed;
    const heard = now.heard - before.heard;
    if (heard > 0) stats.audioLevel = Math.sqrt(Math.max(0, now.energy - before.energy) / heard);
    const lost = Math.max(0, now.lost - before.lost);
    if (lost) stats.loss = lost / (lost + Math.max(0, now.packets - before.packets));
    before = now;
    return stats;
  };
}
