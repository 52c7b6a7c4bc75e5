// Lists what is wrong with the page and no rule of axe's: what is too wide, what lies on something
// else, pictures that axe takes for decoration. Empty where nothing is.
const wrong = [];
const say = (what, element) => wrong.push(`${what}: ${element.outerHTML?.slice(0, 120) ?? ""}`);

// axe asks for words only where a picture says that it is one.
for (const picture of document.querySelectorAll("svg")) {
  const hidden = picture.closest("[aria-hidden=true]");
  if (!hidden && picture.getAttribute("role") !== "img") say("a picture without a role", picture);
}
// axe looks at ids only where labels refer to them; links and scripts do too.
const ids = new Set();
for (const { id } of document.querySelectorAll("[id]")) {
  if (ids.has(id)) say(`id ${id} twice`, document.getElementById(id));
  ids.add(id);
}

// Nothing reaches beyond the window but what scrolls by itself.
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
  say(`the page is ${document.documentElement.scrollWidth} wide`, document.body);
}

// No word of a chart is cut off.
for (const picture of document.querySelectorAll(".chart svg")) {
  const { right } = picture.getBoundingClientRect();
  for (const text of picture.querySelectorAll("text")) {
    if (text.getBoundingClientRect().right > right + 1) say("cut off", text);
  }
}
return wrong;
