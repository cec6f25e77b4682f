// `npm ci` must not fail for want of a browser: build/browser.mjs finds or fetches one when it is needed.
module.exports = { skipDownload: true };
