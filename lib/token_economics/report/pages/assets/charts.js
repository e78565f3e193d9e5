/* Draws every chart of the page from its inline specification: no network, no eval. */
"use strict";
(function () {
  const print = window.matchMedia("print");
  const night = "NIGHT", theme = "THEME";

  function recoloured(value) {
    if (typeof value === "string") return night.colors[value] || value;
    if (Array.isArray(value)) return value.map(recoloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "values" && Array.isArray(v) && typeof v[0] === "object" ? v : recoloured(v)]));
    }
    return value;
  }

  let paper = print.matches;

  function isDark() {
    return window.teTheme.isDark() && !paper;
  }

  function lines(title, longest) {
    const made = [""];
    for (const word of title.split(" ")) {
      const joined = (made[made.length - 1] + " " + word).trim();
      if (joined.length > longest && made[made.length - 1]) made.push(word);
      else made[made.length - 1] = joined;
    }
    return made;
  }

  // On a phone a title of an axis is longer than the axis, and names leave no room for marks: both
  // are broken into lines.
  const twoLines = "split(replace(datum.label, regexp('^(.{9,18}?) (?=.{4})'), '$1|'), '|')";

  function wrap(part) {
    if (!part || typeof part !== "object") return;
    const named = part.encoding && part.encoding.y;
    if (named && named.type === "nominal" && named.axis !== null) {
      named.axis = Object.assign({ labelExpr: twoLines }, named.axis, { labelLimit: 120 });
    }
    for (const [channel, longest] of [["x", 30], ["y", 44]]) {
      const encoded = part.encoding && part.encoding[channel];
      if (!encoded) continue;
      for (const holder of [encoded, encoded.axis]) {
        if (holder && typeof holder.title === "string" && holder.title.length > longest) holder.title = lines(holder.title, longest);
      }
    }
    for (const inner of [part.spec, ...(part.layer || []), ...(part.hconcat || []), ...(part.vconcat || [])]) wrap(inner);
  }

  function fitted(source, target) {
    let spec = JSON.parse(source.textContent);
    delete spec.$schema;
    if (source.dataset.config === "shared") spec.config = Object.assign({}, theme, spec.config);
    const { columns, rows } = spec.data || {};
    if (rows) spec.data = { values: rows.map(row => Object.fromEntries(columns.map((name, at) => [name, row[at]]))) };
    if (target.clientWidth < 480) {
      const config = (spec.config = spec.config || {});
      config.legend = Object.assign({}, config.legend, { columns: 1, layout: { top: { direction: "vertical", anchor: "start" } } });
      config.axis = Object.assign({}, config.axis, { labelLimit: 110 });
      wrap(spec);
    }
    if (isDark()) {
      spec = recoloured(spec);
      spec.config = spec.config || {};
      for (const [part, patch] of Object.entries(night.config)) {
        spec.config[part] = Object.assign({}, spec.config[part], patch);
      }
    }
    return spec;
  }

  // Which chart is next: the one nearest to the screen of those that do not show the present look.
  // Until its turn a chart is its stored picture, or what it was.
  const charts = Array.from(document.querySelectorAll("script.te-spec"), function (source) {
    return { source: source, target: document.getElementById(source.dataset.for), look: 0, width: 0, busy: false, drawn: null };
  });
  let look = 1;
  const script = document.currentScript;

  // A page opened at a link is not there yet when its first chart is drawn.
  function start() {
    if (document.readyState === "complete") return 0;
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch (error) { /* a link that says nothing leads to the top */ }
    return target ? target.getBoundingClientRect().top : 0;
  }

  function distance(chart, top) {
    const box = chart.target.getBoundingClientRect();
    return Math.max(0, top - box.bottom, box.top - top - window.innerHeight);
  }

  function nearest() {
    const top = start();
    let found = null, least = Infinity;
    for (const chart of charts) {
      if (chart.look === look || chart.busy || !chart.target.clientWidth) continue;
      const far = distance(chart, top);
      if (far < least) [found, least] = [chart, far];
    }
    return found;
  }

  function draw(chart) {
    const { source, target, drawn: old } = chart, name = isDark() ? "dark" : "light";
    chart.busy = true;
    chart.look = look;
    chart.width = target.clientWidth;
    return vegaEmbed(target, fitted(source, target), {
      mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    }).then(function (drawn) {
      if (old) old.finalize();
      chart.drawn = drawn;
      // a group of marks without a name of its own says nothing to a screen reader
      for (const group of target.querySelectorAll("g[role='graphics-symbol']:not([aria-label])")) {
        group.setAttribute("aria-hidden", "true");
      }
      target.dataset.drawn = "yes";
      target.dataset.look = name;
      target.dispatchEvent(new CustomEvent("te-drawn", { bubbles: true, detail: drawn.view }));
    }, function (error) {
      target.dataset.drawn = "no";
      console.error(source.dataset.for + ": " + error);
    }).then(function () { chart.busy = false; });
  }

  // Between two charts the browser may do what is due; one out of sight waits for an idle moment.
  const idle = window.requestIdleCallback || function (work) { setTimeout(work, 1); };
  const PATIENCE = 150; // milliseconds, at most
  let waiting = false;

  function later() {
    const next = waiting ? null : nearest();
    if (!next) return;
    waiting = true;
    const turn = function () { waiting = false; work(); };
    if (distance(next, start()) < window.innerHeight / 2) setTimeout(turn, 0);
    else idle(turn, { timeout: PATIENCE });
  }

  function work() {
    const next = window.vegaEmbed ? nearest() : null;
    if (next) draw(next).then(later);
  }

  // Paper does not wait for turns.
  function workAll() {
    for (let next = window.vegaEmbed && nearest(); next; next = nearest()) draw(next).then(later);
  }

  function go() {
    if (paper) workAll();
    else work();
  }

  function anew() {
    look += 1;
    go();
  }

  // A browser that prints says so twice; only the first time is anything drawn.
  function printing(now) {
    if (now === paper) return;
    paper = now;
    anew();
  }

  function shown() {
    for (const chart of charts) if (chart.target.clientWidth !== chart.width) chart.look = 0;
    work();
  }

  // The library is large: the stored pictures stand before it is read.
  function begin() {
    const address = script && script.dataset.library;
    if (window.vegaEmbed || !address) return go();
    const library = document.createElement("script");
    library.onload = go;
    library.src = address;
    document.head.append(library);
  }

  if (document.readyState === "complete") begin();
  else window.addEventListener("load", begin);
  document.addEventListener("te-theme", anew);
  document.addEventListener("te-shown", shown);
  print.addEventListener("change", function () { printing(print.matches); });
  window.addEventListener("beforeprint", function () { printing(true); });
  window.addEventListener("afterprint", function () { printing(false); });
})();
