// Lists what is wrong with the page; empty where nothing is. A small part of what axe looks at.
const wrong = [];
const say = (what, element) => wrong.push(`${what}: ${element.outerHTML?.slice(0, 120) ?? ""}`);
const seen = (element) => element.checkVisibility?.({ checkOpacity: true, checkVisibilityCSS: true }) ?? true;

if (!document.documentElement.lang) say("no language", document.documentElement);
if (!document.title) say("no title", document.documentElement);
if (document.querySelectorAll("main").length !== 1) say("not one main", document.body);
if (document.querySelectorAll("h1").length !== 1) say("not one h1", document.body);

for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (!field.labels?.length && !field.getAttribute("aria-label")) say("a field without a label", field);
}
for (const button of document.querySelectorAll("a[href], button, summary")) {
  if (!button.textContent.trim() && !button.getAttribute("aria-label")) say("a control without words", button);
}
for (const picture of document.querySelectorAll("svg")) {
  if (picture.getAttribute("role") !== "img") say("a picture without a role", picture);
  if (!picture.getAttribute("aria-label") && !picture.querySelector("title")) say("a picture without words", picture);
}
const ids = new Set();
for (const { id } of document.querySelectorAll("[id]")) {
  if (ids.has(id)) say(`id ${id} twice`, document.getElementById(id));
  ids.add(id);
}
let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) say(`a heading skips from ${level} to ${next}`, heading);
  level = next;
}
for (const region of document.querySelectorAll(".scroll, pre")) {
  if (region.scrollWidth > region.clientWidth && region.tabIndex < 0) say("scrolls, but not by keyboard", region);
}

// Nothing reaches beyond the window but what scrolls by itself.
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
  say(`the page is ${document.documentElement.scrollWidth} wide`, document.body);
}

// WCAG 2.1, 1.4.3: 4.5 for text, 3 for large text.
const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
const parts = (colour) => (colour.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = parts(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0.5) return colour;
  }
  return [255, 255, 255];
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const looked = new Set();
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || looked.has(element) || element.closest("svg, option, datalist, template, .unseen, .skip")) continue;
  looked.add(element);
  if (!seen(element)) continue;
  const style = getComputedStyle(element);
  const [a, b] = [luminance(parts(style.color)), luminance(behind(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (contrast < (large ? 3 : 4.5)) say(`contrast ${contrast.toFixed(2)}`, element);
}

// Words of a chart do not lie on one another.
for (const picture of document.querySelectorAll(".chart svg")) {
  const words = [...picture.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
  const { right } = picture.getBoundingClientRect();
  for (const [text, box] of words) if (box.right > right + 1) say("cut off", text);
}
return wrong;
