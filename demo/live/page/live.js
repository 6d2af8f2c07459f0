// Sends what the buttons request, and shows what the server sends.
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
      if (why) refusal = why;
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
  for (const button of document.querySelectorAll("[data-event]")) {
    button.addEventListener("click", () => post("/invoke", button.dataset.event));
  }
  $("layer").addEventListener("change", (e) => post("/layer", String(e.target.checked)));
  $("idle").addEventListener("change", (e) => post("/idle", e.target.value));

  // Who is at the end of log or chart stays there, regardless of what is added and how
  // the window changes; who has scrolled back is not moved.
  const atEnd = { log: true, chart: true };
  const follow = () => {
    if (atEnd.log) log.scrollTop = log.scrollHeight;
    const scroll = chart.querySelector(".scroll");
    if (atEnd.chart && scroll) scroll.scrollLeft = scroll.scrollWidth;
  };
  log.addEventListener("scroll", () => { atEnd.log = log.scrollTop + log.clientHeight >= log.scrollHeight - 8; });
  chart.addEventListener("scroll", (e) => {
    const scroll = e.target;
    if (scroll.isConnected) atEnd.chart = scroll.scrollLeft + scroll.clientWidth >= scroll.scrollWidth - 4;
  }, true); // it does not bubble
  const resized = new ResizeObserver(follow);
  for (const element of [log, chart]) resized.observe(element);

  // The chart is replaced as a whole. Who has gone to a bar stays there.
  const draw = (html) => {
    const focused = document.activeElement.closest?.("#chart .bar");
    const left = chart.querySelector(".scroll")?.scrollLeft ?? 0;
    chart.innerHTML = html;
    const scroll = chart.querySelector(".scroll");
    if (scroll && !atEnd.chart) scroll.scrollLeft = left;
    follow();
    document.dispatchEvent(new Event("chart"));
    if (focused) {
      const same = [...chart.querySelectorAll(".bar")].find((bar) =>
        bar.dataset.lane === focused.dataset.lane && bar.dataset.from === focused.dataset.from);
      same?.focus({ preventScroll: true });
    }
  };

  const events = new EventSource("/events");
  events.addEventListener("begin", () => { // also when it is there again
    rows.textContent = "";
    refusal = null;
    chart.classList.remove("stopped");
  });
  events.addEventListener("rows", (e) => {
    rows.insertAdjacentHTML("beforeend", JSON.parse(e.data));
    while (rows.rows.length > Number(log.dataset.most)) rows.deleteRow(0);
    follow();
    refusal = null;
  });
  events.addEventListener("view", (e) => {
    const now = JSON.parse(e.data);
    draw(now.chart);
    $("layer").checked = now.layer;
    $("idle").value = String(now.idle);
    if (!refusal) say(now.state, false);
  });
  events.addEventListener("error", () => {
    chart.classList.add("stopped");
    refusal = "The demo has ended, or does not answer: the timeline stands still. Start it again with: go run ./demo serve";
    say(refusal, true);
  });
})();
