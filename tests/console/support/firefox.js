// Starts Firefox, as Debian has it.
import fs from 'node:fs';
import { firefox } from 'playwright-core';

const kFirefox = process.env.RTCROOM_FIREFOX ?? '/usr/bin/firefox-esr';

/** The reason to skip tests that need it, or false. */
export const kNoFirefox = !fs.existsSync(kFirefox) && `${kFirefox} is not installed`;

// Through WebDriver BiDi: Playwright's other way needs a Firefox of its own.
export const startFirefox = () =>
  firefox.launch({ channel: 'moz-firefox', executablePath: kFirefox, headless: true, timeout: 120_000 });
