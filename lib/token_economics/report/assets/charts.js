/* Draws every chart of the page from its inline specification: no network, no eval. */
"use strict";
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print");
  const night = {
    axis: { labelColor: "#a9b4be", titleColor: "#e6eaee", gridColor: "#2c353d", domainColor: "#a9b4be", tickColor: "#a9b4be" },
    legend: { labelColor: "#a9b4be", titleColor: "#e6eaee" },
    header: { labelColor: "#a9b4be", titleColor: "#e6eaee" },
    text: { color: "#e6eaee" },
    title: { color: "#e6eaee" },
    range: { category: ["#56B4E9", "#F0904A", "#2FC39A", "#D98CC0", "#D8B93C", "#A9B4BE", "#8FC7E8"] },
  };
  const lightColors = ["#0072B2", "#D55E00", "#00805C", "#A3528A", "#8A6D00", "#4B5563", "#2A7FA8", "#52606d"];
  const nightColors = [...night.range.category, "#a9b4be"];

  function recoloured(value) {
    if (typeof value === "string") {
      const at = lightColors.indexOf(value);
      return at < 0 ? value : nightColors[at];
    }
    if (Array.isArray(value)) return value.map(recoloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "values" && Array.isArray(v) && typeof v[0] === "object" ? v : recoloured(v)]));
    }
    return value;
  }

  function draw() {
    const night_now = dark.matches && !print.matches;
    for (const source of document.querySelectorAll("script.te-spec")) {
      const target = document.getElementById(source.dataset.for);
      let spec = JSON.parse(source.textContent);
      delete spec.$schema;
      if (target.clientWidth < 480) {
        const config = (spec.config = spec.config || {});
        config.legend = Object.assign({}, config.legend, { columns: 1 });
        config.axis = Object.assign({}, config.axis, { labelLimit: 110 });
      }
      if (night_now) {
        spec = recoloured(spec);
        for (const [part, patch] of Object.entries(night)) {
          spec.config[part] = Object.assign({}, spec.config[part], patch);
        }
      }
      vegaEmbed(target, spec, {
        mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
      }).then(function (drawn) {
        target.dataset.drawn = "yes";
        target.dispatchEvent(new CustomEvent("te-drawn", { bubbles: true, detail: drawn.view }));
      }, function (error) {
        target.dataset.drawn = "no";
        console.error(source.dataset.for + ": " + error);
      });
    }
  }

  draw();
  dark.addEventListener("change", draw);
  print.addEventListener("change", draw);
})();
