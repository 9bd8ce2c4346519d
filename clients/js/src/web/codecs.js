// H.264 is what RTMP and mini-programs have; the server takes no other pictures.
import { fail } from '../errors.js';

const isH264 = ({ mimeType }) => /^video\/h264$/i.test(mimeType);

/** H.264 and its repeats, the profile that all phones play first. Fails with `NO_H264` where the browser has none.
 * @param isSent  or received */
export function codecsOf(platform, isSent) {
  const codecs = platform.codecs('video', isSent);
  const rank = ({ sdpFmtpLine = '' }) => (/profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 1);
  const found = codecs.filter((codec) => isH264(codec) && /packetization-mode=1/.test(codec.sdpFmtpLine))
    .sort((one, other) => rank(one) - rank(other));
  if (!found.length) fail('NO_H264', 'the browser has no H.264');
  return [...found, ...codecs.filter(({ mimeType }) => /^video\/rtx$/i.test(mimeType))];
}

export const prefer = (transceiver, codecs) => { transceiver.setCodecPreferences?.(codecs); };
