// Lists what a reader would trip over; empty where nothing is.
const wrong = [];
const brief = (element) => `<${element.tagName.toLowerCase()} ${element.className?.baseVal ?? element.className}> ${element.textContent.trim().slice(0, 60)}`;
const say = (what, ...elements) => wrong.push(`${what}: ${elements.map(brief).join(" | ")}`);
const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest(".unseen, .skip");
const page = document.scrollingElement;

if (page.scrollWidth !== innerWidth) wrong.push(`the page is ${page.scrollWidth} wide in a window of ${innerWidth}`);

// Beyond the window only inside what scrolls by itself.
for (const element of document.body.querySelectorAll("*")) {
  if (!seen(element) || element.closest("svg") !== null && element.tagName !== "svg") continue;
  if (element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll, .wide, pre")) say("reaches out of the window", element);
  const { overflowX } = getComputedStyle(element);
  if (overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1) say("cut off", element);
}

// Words of a picture lie inside it, and on no other words.
for (const picture of document.querySelectorAll("svg")) {
  const frame = picture.getBoundingClientRect();
  const words = [...picture.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
  words.forEach(([text, box], nth) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) say("out of its picture", text);
    if (box.width && parseFloat(getComputedStyle(text).fontSize) * (frame.width / (picture.viewBox.baseVal.width || frame.width)) < 7.5) say("letters too small", text);
    for (const [other, its] of words.slice(nth + 1)) {
      // Letters do not fill their boxes: a pixel or two of air is lost.
      const [across, down] = [Math.min(box.right, its.right) - Math.max(box.left, its.left), Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top)];
      if (across > 1 && down > 0.35 * box.height) say("words on words", text, other);
    }
  });
}

// WCAG 2.2, 2.5.8: 24 pixels for a finger, but for links within a sentence.
const inline = (element) => element.tagName === "A" && getComputedStyle(element).display === "inline";
for (const target of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
  if (!seen(target) || inline(target)) continue;
  const { width, height } = (target.closest("label") ?? target).getBoundingClientRect();
  if (width < 24 || height < 24) say(`a target of ${Math.round(width)} by ${Math.round(height)}`, target);
}
return wrong;
