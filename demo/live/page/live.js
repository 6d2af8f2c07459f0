// Sends what is asked for, and shows what the server tells.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const log = $("log"), rows = log.querySelector("tbody"), chart = $("chart"), state = $("state");
  let refusal = null; // shown until the next thing happens

  const say = (words, refused) => {
    state.classList.toggle("refused", refused);
    if (state.textContent !== words) state.textContent = words;
  };

  const post = async (path, body) => {
    refusal = null;
    try {
      const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const why = await response.text(); // empty if it is done
      if (why) refusal = "Not now: " + why.trim() + ".";
    } catch {
      refusal = "The demo does not answer: is it still running?";
    }
    if (refusal) say(refusal, true);
  };

  $("controls").addEventListener("submit", (e) => { e.preventDefault(); post("/invoke", $("event").value); });
  $("event").addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); post("/invoke", $("event").value); }
  });
  for (const button of document.querySelectorAll("[data-post]")) {
    button.addEventListener("click", () => post(button.dataset.post, "null"));
  }
  $("layer").addEventListener("change", (e) => post("/layer", String(e.target.checked)));
  $("idle").addEventListener("change", (e) => post("/idle", e.target.value));

  // The chart is replaced as a whole. Who has gone to a bar stays there, and
  // who has scrolled back is not moved.
  const draw = (html) => {
    const focused = document.activeElement.closest?.("#chart .bar");
    const before = chart.querySelector(".scroll");
    const left = before && before.scrollLeft + before.clientWidth < before.scrollWidth - 4 ? before.scrollLeft : Infinity;
    chart.innerHTML = html;
    const scroll = chart.querySelector(".scroll");
    scroll.scrollLeft = Math.min(left, scroll.scrollWidth);
    document.dispatchEvent(new Event("chart"));
    if (focused) {
      const same = [...chart.querySelectorAll(".bar")].find((bar) =>
        bar.dataset.lane === focused.dataset.lane && bar.dataset.from === focused.dataset.from);
      same?.focus({ preventScroll: true });
    }
  };

  const events = new EventSource("/events");
  events.addEventListener("begin", () => { rows.textContent = ""; refusal = null; }); // also when it is there again
  events.addEventListener("rows", (e) => {
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    rows.insertAdjacentHTML("beforeend", JSON.parse(e.data));
    while (rows.rows.length > Number(log.dataset.most)) rows.deleteRow(0);
    if (atEnd) log.scrollTop = log.scrollHeight;
    refusal = null;
  });
  events.addEventListener("picture", (e) => {
    const now = JSON.parse(e.data);
    draw(now.chart);
    $("table").innerHTML = now.table;
    $("layer").checked = now.layer;
    $("idle").value = String(now.idle);
    if (!refusal) say(now.state, false);
  });
  events.addEventListener("error", () => {
    refusal = "The demo has ended, or does not answer. Start it again with: go run ./demo serve";
    say(refusal, true);
  });
})();
