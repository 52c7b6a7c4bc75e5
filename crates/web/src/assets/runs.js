// A run's page: sliders ask the server for the same fragment that it would have rendered, and a
// run under way is asked about until it is over.

const form = document.querySelector("#money");
const place = document.querySelector("#report");
const said = document.querySelector("#said");
const POLL_MS = 2000;

let current = null;
let shown = "";
let timer = null;

/// What is asked, as a query; of one run its name stands in the path.
function query() {
  const pairs = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
  return new URLSearchParams(pairs).toString();
}

async function refresh() {
  current?.abort();
  current = new AbortController();
  const { signal } = current;
  const begun = performance.now();
  const asked = [place.dataset.part, query()].filter(Boolean).join("&");
  try {
    const answer = await fetch(`/parts/run?${asked}`, { signal, cache: "no-cache", headers: { accept: "text/html" } });
    const text = await answer.text();
    if (signal.aborted) return;
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(text, "text/html");
      said.textContent = page.querySelector("h1")?.textContent ?? "There is no answer.";
      said.classList.remove("unseen");
    } else {
      said.classList.add("unseen");
      if (text !== shown) show(text);
      place.dataset.ms = (performance.now() - begun).toFixed(1);
    }
  } catch (error) {
    if (error.name !== "AbortError") said.textContent = "The server does not answer.";
  }
  schedule();
}

/// Keeps the reader's place in wide tables.
function show(text) {
  const across = [...place.querySelectorAll(".wide")].map((table) => table.scrollLeft);
  place.innerHTML = text;
  [...place.querySelectorAll(".wide")].forEach((table, nth) => { table.scrollLeft = across[nth] ?? 0; });
  shown = text;
}

function schedule() {
  clearTimeout(timer);
  if (place.querySelector("[data-live]")) timer = setTimeout(refresh, POLL_MS);
}

/// A slider and its number say the same.
function follow(event) {
  const { name, dataset, value } = event.target;
  const twin = dataset.of ? form.elements[dataset.of] : form.querySelector(`[data-of="${name}"]`);
  if (twin && value !== "") twin.value = value;
}

form.addEventListener("input", (event) => {
  follow(event);
  const asked = query();
  history.replaceState(null, "", asked ? `?${asked}` : location.pathname);
  for (const link of document.querySelectorAll("[data-file]")) {
    link.search = new URLSearchParams([["download", link.dataset.file], ...new URLSearchParams(asked)]).toString();
  }
  refresh();
});
form.addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
schedule();
