// Reads charts out: the point nearest to the pointer says what it stands for. Without scripts the
// browser shows the same words where a pointer rests on a point.

const FAR = 48;

const readout = document.createElement("div");
readout.className = "readout";
readout.hidden = true;
// Those who listen are told by each picture's own description.
readout.setAttribute("aria-hidden", "true");
document.body.append(readout);

let near = null;

/// The point of `chart` that is nearest to the pointer, and where its middle is.
function nearest(chart, { clientX, clientY }) {
  let best = null;
  for (const point of chart.querySelectorAll("circle")) {
    const box = point.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const far = Math.hypot(x - clientX, y - clientY);
    if (far <= FAR && far < (best?.far ?? Infinity)) best = { point, x, y, far };
  }
  return best;
}

/// A point's words; taken out of it, so that the browser does not show them a second time.
function words(point) {
  const title = point.querySelector("title");
  if (title) {
    point.dataset.says = title.textContent;
    title.remove();
  }
  return point.dataset.says;
}

function show(found) {
  near?.classList.remove("near");
  near = found?.point ?? null;
  readout.hidden = !found;
  if (!found) return;
  near.classList.add("near");
  readout.textContent = words(near);
  const half = readout.offsetWidth / 2 + 4;
  readout.style.left = `${Math.min(Math.max(found.x, half), innerWidth - half)}px`;
  readout.style.top = `${found.y}px`;
}

function look(event) {
  const chart = event.target.closest?.("svg.fb");
  show(chart && nearest(chart, event));
}

document.addEventListener("pointermove", look);
document.addEventListener("pointerdown", look);
document.addEventListener("scroll", () => show(null), { passive: true });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") show(null); });
