/* Sorting of long tables, the current section in the contents, folded parts that a link leads into. */
"use strict";
(function () {
  // Tables ------------------------------------------------------------------------------------
  function numberIn(text) {
    const found = text.replaceAll("\u2212", "-").replaceAll(",", "").match(/-?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  }

  function compared(a, b, numeric) {
    if (!numeric) return a.localeCompare(b, "en", { numeric: true });
    const x = numberIn(a), y = numberIn(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return x - y;
  }

  function sort(table, at, head) {
    const body = table.tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    const numeric = head.classList.contains("te-numeric");
    const rows = Array.from(body.rows);
    const text = function (row) { return row.cells[at] ? row.cells[at].textContent.trim() : ""; };
    const empty = rows.filter(function (row) { return !text(row); });
    const full = rows.filter(function (row) { return text(row); });
    full.sort(function (a, b) { return (down ? -1 : 1) * compared(text(a), text(b), numeric); });
    body.append(...full, ...empty);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  for (const table of document.querySelectorAll("table.te-sortable")) {
    Array.from(table.tHead.rows[0].cells).forEach(function (head, at) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "te-sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", function () { sort(table, at, head); });
    });
  }

  // A table that goes on behind an edge of its box says so there.
  const boxes = new ResizeObserver(function (entries) {
    const more = entries.map(function ({ target }) {
      return target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1;
    });
    entries.forEach(function ({ target }, at) { target.classList.toggle("te-more", more[at]); });
  });
  for (const box of document.querySelectorAll(".te-scroll")) boxes.observe(box);

  // Navigation --------------------------------------------------------------------------------
  const strip = document.querySelector(".te-topics");
  const here = strip && strip.querySelector("[aria-current]");
  if (here) strip.scrollLeft = Math.max(0, here.offsetLeft - strip.offsetLeft - 40);

  // Contents ----------------------------------------------------------------------------------
  const links = new Map();
  for (const link of document.querySelectorAll(".te-contents a[href^='#']")) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (target) links.set(target, link);
  }
  if (!window.matchMedia("(min-width: 80rem)").matches) {
    for (const folded of document.querySelectorAll(".te-contents > details")) folded.open = false;
  }
  if (links.size) {
    const targets = Array.from(links.keys());
    let waiting = false;
    const mark = function () {
      waiting = false;
      let current = null;
      for (const target of targets) {
        const box = target.getBoundingClientRect();
        if (box.height && box.top < window.innerHeight * 0.3) current = target;
      }
      for (const [target, link] of links) {
        if (target === current) link.setAttribute("aria-current", "location");
        else link.removeAttribute("aria-current");
      }
    };
    const later = function () {
      if (!waiting) { waiting = true; window.requestAnimationFrame(mark); }
    };
    window.addEventListener("scroll", later, { passive: true });
    mark();
  }

  // Folded parts ------------------------------------------------------------------------------
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && target.closest("details")) target.scrollIntoView();
  }

  window.addEventListener("hashchange", unfold);
  if (location.hash) unfold();
  // On paper the further results of a page are read too; long tables of data are in their files.
  window.addEventListener("beforeprint", function () {
    for (const part of document.querySelectorAll("details.te-results:not([open])")) {
      part.open = true;
      part.dataset.reopened = "yes";
    }
  });
  window.addEventListener("afterprint", function () {
    for (const part of document.querySelectorAll("details[data-reopened]")) {
      part.open = false;
      delete part.dataset.reopened;
    }
  });

  // The menu closes when the reader goes elsewhere
  const menu = document.querySelector(".te-more");
  if (menu) {
    document.addEventListener("click", function (event) { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
    });
  }
})();
