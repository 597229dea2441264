// Scrolls through the page once so that lazy content loads, and returns to the top; the answer is where it was before.
// Ends at `maxHeight` CSS pixels or after `seconds`, for some pages grow for as long as they are scrolled.
async ({ maxHeight, seconds }) => {
  const page = document.scrollingElement || document.documentElement;
  const start = [scrollX, scrollY];
  const end = performance.now() + seconds * 1000;
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const jump = y => scrollTo({ left: 0, top: y, behavior: 'instant' });
  for (let y = 0; y < Math.min(page.scrollHeight, maxHeight) && performance.now() < end; y += innerHeight) {
    jump(y);
    await pause(30);
  }
  while ([...document.images].some(awaited) && performance.now() < end) await pause(50);
  jump(0);
  await pause(50);
  return start;

  // A lazy image that is not laid out, or lies beside the page, will not load however long it is waited for.
  function awaited(image) {
    if (image.complete) return false;
    const box = image.getBoundingClientRect();
    return image.loading !== 'lazy' || (image.getClientRects().length > 0 && box.right > 0 && box.left < innerWidth);
  }
}
