// Starts the browser.

const kBrowser = process.env.RTCROOM_BROWSER ?? '/usr/bin/chromium';
const kArguments = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // A camera and a microphone that make something up, which every page may use, and connections on this machine. The
  // pictures are as few as can be, as each one is encoded and decoded by the processor.
  '--use-fake-device-for-media-stream=fps=5', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection'];
const kStartTimeoutMs = 120_000;

const { chromium } = await import('playwright-core').catch(() => {
  throw new Error('playwright-core is not installed: npm ci --prefix tests/console');
});

/** @param {string[]} more  arguments */
export const startBrowser = (...more) =>
  chromium.launch({ executablePath: kBrowser, args: [...kArguments, ...more], headless: true, timeout: kStartTimeoutMs });
