/* Draws every chart of the page from its inline specification: no network, no eval. */
"use strict";
(function () {
  const print = window.matchMedia("print");
  const night = {"colors": {"#0072B2": "#56B4E9", "#00805C": "#2FC39A", "#1f2933": "#e6eaee", "#2A7FA8": "#8FC7E8", "#4B5563": "#A9B4BE", "#52606d": "#a9b4be", "#8793a0": "#7d8a96", "#8A6D00": "#D8B93C", "#9aa5b1": "#6b7785", "#A3528A": "#D98CC0", "#D55E00": "#F0904A", "#bcdff2": "#1d4b66", "#c9ced6": "#3d4751", "#e4e7eb": "#2c353d", "#f2b8a2": "#6e3826", "#f7dfa5": "#5a4a17"}, "config": {"axis": {"domainColor": "#a9b4be", "gridColor": "#2c353d", "labelColor": "#a9b4be", "tickColor": "#a9b4be", "titleColor": "#e6eaee"}, "header": {"labelColor": "#a9b4be", "titleColor": "#e6eaee"}, "legend": {"labelColor": "#a9b4be", "titleColor": "#e6eaee"}, "range": {"category": ["#56B4E9", "#F0904A", "#2FC39A", "#D98CC0", "#D8B93C", "#A9B4BE", "#8FC7E8"]}, "text": {"color": "#e6eaee"}, "title": {"color": "#e6eaee"}}};

  function recoloured(value) {
    if (typeof value === "string") return night.colors[value] || value;
    if (Array.isArray(value)) return value.map(recoloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "values" && Array.isArray(v) && typeof v[0] === "object" ? v : recoloured(v)]));
    }
    return value;
  }

  function isDark() {
    return window.teTheme.isDark() && !print.matches;
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

  function draw() {
    for (const source of document.querySelectorAll("script.te-spec")) {
      const target = document.getElementById(source.dataset.for);
      if (!target.clientWidth) continue;
      vegaEmbed(target, fitted(source, target), {
        mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
      }).then(function (drawn) {
        // a group of marks without a name of its own says nothing to a screen reader
        for (const group of target.querySelectorAll("g[role='graphics-symbol']:not([aria-label])")) {
          group.setAttribute("aria-hidden", "true");
        }
        target.dataset.drawn = "yes";
        target.dispatchEvent(new CustomEvent("te-drawn", { bubbles: true, detail: drawn.view }));
      }, function (error) {
        target.dataset.drawn = "no";
        console.error(source.dataset.for + ": " + error);
      });
    }
  }

  draw();
  document.addEventListener("te-theme", draw);
  document.addEventListener("te-shown", draw);
  print.addEventListener("change", draw);
})();
