// The calculator as one types: every change asks the server for the same fragment that it would
// have rendered, and the address says what was asked.

const form = document.querySelector("#question");
const result = document.querySelector("#result");
const gpus = document.querySelector("#all-gpus");
const said = document.querySelector("#said");

let current = null;

/// The fields that say something, as a query.
function query() {
  const pairs = [...new FormData(form)].filter(([, value]) => typeof value === "string" && value.trim() !== "");
  return new URLSearchParams(pairs).toString();
}

/// Keeps what the reader has opened open.
function replace(place, text) {
  const open = [...place.querySelectorAll("details[open]")].map((details) => details.id);
  const focused = document.activeElement?.closest?.("details")?.id;
  place.innerHTML = text;
  for (const id of open) {
    const details = id && document.getElementById(id);
    if (details) details.open = true;
  }
  if (focused) document.getElementById(focused)?.querySelector("summary")?.focus();
}

async function part(path, place, signal) {
  const answer = await fetch(path, { signal, headers: { accept: "text/html" } });
  const text = await answer.text();
  if (!signal.aborted) replace(place, answer.ok ? text : failure(text));
}

/// A refusal before any fragment: shown as text, whatever it holds.
function failure(text) {
  const box = document.createElement("div");
  box.className = "error";
  box.setAttribute("role", "alert");
  try {
    const { message, hint } = JSON.parse(text).error;
    box.textContent = hint ? `${message}: ${hint}` : message;
  } catch {
    box.textContent = new DOMParser().parseFromString(text, "text/html").querySelector("h1")?.textContent ?? "There is no answer.";
  }
  return box.outerHTML;
}

async function ask() {
  const asked = query();
  history.replaceState(null, "", asked ? `/?${asked}` : "/");
  current?.abort();
  current = new AbortController();
  const { signal } = current;
  const begun = performance.now();
  result.classList.add("busy");
  try {
    await part(`/parts/result?${asked}`, result, signal);
    result.dataset.ms = (performance.now() - begun).toFixed(1);
    result.dataset.asked = asked;
    tell();
    await part(`/parts/gpus?${asked}`, gpus, signal);
    gpus.dataset.asked = asked;
  } catch (error) {
    if (error.name === "AbortError") return;
    result.innerHTML = failure('{"error":{"message":"The server does not answer","hint":"is farebox serve still running?"}}');
  }
  if (!signal.aborted) result.classList.remove("busy");
}

/// Says the answer aloud, once it has been the same for a moment.
let telling = 0;
function tell() {
  const words = result.querySelector("[data-said]")?.dataset.said ?? result.querySelector(".error strong")?.textContent.trim() ?? "";
  document.querySelector("#glance").textContent = words;
  clearTimeout(telling);
  telling = setTimeout(() => { said.textContent = words; }, 700);
  const offers = document.querySelector("#new-offers");
  if (offers) document.querySelector("#offers").replaceChildren(offers.content.cloneNode(true));
}

/// Text as the server takes it in an address: deflated, in base64url.
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `z:${btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

const config = document.querySelector("#config");
const quant = document.querySelector("#hf_quant_config");
const file = document.querySelector("#config_file");
const drop = document.querySelector(".drop");

/// Whether a file says how weights are stored rather than what the model is, whatever it is called.
function isBeside(text) {
  try {
    const fields = JSON.parse(text);
    return "quantization" in fields && !("model_type" in fields);
  } catch {
    return false;
  }
}

/// A configuration alone is another checkpoint: what lay beside the last one does not belong to it.
async function take(dropped) {
  const texts = await Promise.all([...dropped].map((each) => each.text()));
  if (texts.length === 0) return;
  const beside = texts.find(isBeside);
  const main = texts.find((text) => !isBeside(text));
  if (main !== undefined) {
    config.value = await packed(main);
    quant.value = "";
  }
  if (beside !== undefined) quant.value = await packed(beside);
  config.closest("details").open = true;
  ask();
}

function clearFiles() {
  config.value = "";
  quant.value = "";
  file.value = "";
}

file.addEventListener("change", () => take(file.files));
for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", over);
    if (name === "drop") take(event.dataTransfer.files);
  });
}
document.querySelector("#config_clear").addEventListener("click", () => {
  clearFiles();
  ask();
});

/// A field of a load means that load.
const loads = { concurrency: "concurrency", request_rate: "rate", batch: "batch" };

form.addEventListener("input", (event) => {
  const { name, type, value } = event.target;
  if (type === "file") return;
  if (name in loads) {
    const at = name === "concurrency" && value === "max" ? "max" : loads[name];
    form.querySelector(`[name=at][value=${at}]`).checked = value !== "" || form.elements.at.value === at;
  }
  if (name === "model" && value !== "") {
    clearFiles();
    form.elements.params.value = "";
  }
  document.querySelector("#custom").hidden = form.elements.gpu.value !== "custom";
  if (name === "gpu" && value !== "custom") {
    for (const figure of ["mem_gb", "mem_bw_gb_per_s", "tflops"]) form.elements[figure].value = "";
  }
  ask();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
tell();
