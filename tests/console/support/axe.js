// Finds faults of accessibility in what a page shows now.
import assert from 'node:assert';

const { default: axe } = await import('axe-core').catch(() => {
  throw new Error('axe-core is not installed: npm ci --prefix tests/console');
});

/** @param {import('playwright-core').Page} page */
export async function expectAccessible(page) {
  await page.evaluate(axe.source);
  const findings = await page.evaluate(async () => {
    await Promise.all(document.getAnimations().map((each) => { // what moves has other colours
      try { each.finish(); } catch { each.cancel(); } // an endless one cannot be finished
    }));
    const { violations } = await /** @type {any} */ (window).axe.run();
    return violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map((/** @type {any} */ { html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
  });
  assert.deepStrictEqual(findings, []);
}
