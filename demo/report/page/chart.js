// Explains the bars of a timeline on hover and focus, and lets arrow keys go
// from one to the next. Without it, every bar can still be reached with Tab.
"use strict";
(() => {
  const barOf = (target) => target instanceof Element ? target.closest(".bar") : null;
  const barsOf = (bar) => [...bar.closest(".plot").querySelectorAll(".bar")];

  const explain = (bar) => {
    const box = bar.closest("figure").querySelector(".explain");
    box.className = "explain " + bar.dataset.lane;
    box.textContent = bar.getAttribute("aria-label");
  };

  // One bar takes the Tab key; the arrow keys do the rest.
  const rove = (plot, current) => {
    for (const bar of plot.querySelectorAll(".bar")) bar.setAttribute("tabindex", bar === current ? "0" : "-1");
  };

  const middle = (bar) => { const r = bar.firstElementChild.getBoundingClientRect(); return r.left + r.width / 2; };

  // The nearest bar in the next lane that has one, upwards or downwards.
  const inNextLane = (bar, step) => {
    const bars = barsOf(bar);
    const lanes = [...bar.closest(".plot").querySelectorAll(".name")].map((name) => name.textContent);
    for (let i = lanes.indexOf(bar.dataset.lane) + step; i >= 0 && i < lanes.length; i += step) {
      const there = bars.filter((b) => b.dataset.lane === lanes[i]);
      there.sort((a, b) => Math.abs(middle(a) - middle(bar)) - Math.abs(middle(b) - middle(bar)));
      if (there.length) return there[0];
    }
  };

  const target = (bar, key) => {
    const bars = barsOf(bar), i = bars.indexOf(bar);
    switch (key) {
      case "ArrowRight": return bars[i + 1];
      case "ArrowLeft": return bars[i - 1];
      case "Home": return bars[0];
      case "End": return bars[bars.length - 1];
      case "ArrowDown": return inNextLane(bar, 1);
      case "ArrowUp": return inNextLane(bar, -1);
    }
  };

  document.addEventListener("mouseover", (e) => { const bar = barOf(e.target); if (bar) explain(bar); });
  document.addEventListener("focusin", (e) => {
    const bar = barOf(e.target);
    if (!bar) return;
    explain(bar);
    rove(bar.closest(".plot"), bar);
  });
  document.addEventListener("keydown", (e) => {
    const bar = barOf(e.target);
    if (!bar || e.altKey || e.ctrlKey || e.metaKey) return;
    if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(e.key)) return;
    e.preventDefault();
    const next = target(bar, e.key);
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const ready = () => {
    for (const plot of document.querySelectorAll(".plot")) rove(plot, plot.querySelector(".bar"));
  };
  // What is cut off by a narrow window needs a word.
  const hint = () => {
    for (const scroll of document.querySelectorAll(".scroll")) {
      scroll.nextElementSibling.hidden = scroll.scrollWidth <= scroll.clientWidth + 1;
    }
  };
  addEventListener("resize", hint);
  document.addEventListener("chart", () => { ready(); hint(); }); // it was replaced
  hint();
  ready();
})();
